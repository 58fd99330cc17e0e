// An image seen through a linear, affine or projective map.
//
// Each pixel of the result asks where it comes from: with H the inverse of the map in homogeneous coordinates,
//
//   (u, v) = (h00 x + h01 y + h02, h10 x + h11 y + h12) / (h20 x + h21 y + h22),
//
// and the image is interpolated there (Hartley and Zisserman, "Multiple view geometry", 2003, section 2.3; going backwards
// leaves no holes). x runs along the columns, y down the rows. A pixel is a square around its centre: up to half a pixel
// beyond the outermost centres the edge goes on, further out, and behind the horizon of a projective map, is the fill value.
//
// Orders: 0 takes the nearest pixel; 1 weighs the four around (u, v); 3 sixteen, by Keys' cubic convolution ("Cubic
// convolution interpolation for digital image processing", IEEE Trans. ASSP 29, 1981, a = -1/2), exact for parabolas. A
// pixel with a weight of zero is not read, so the identity keeps images that hold NaN.
//
// Coordinates are double for both element types. Cost: about 1, 4 or 16 reads a pixel and channel; rows in parallel.
#pragma once

#include "mmlcore/core/views.hpp"

namespace mmlcore {

template <class T>
struct ImageView {
  T* data;
  index_t height, width, channels;
  index_t row_stride, col_stride, channel_stride;  // in elements
};

enum class Interpolation { nearest = 0, linear = 1, cubic = 3 };

// out(x, y) = image at H (x, y); `fill` holds a value for each channel. The image is not empty.
template <class T>
void resample(const ImageView<const T>& image, const double (&h)[9], Interpolation order, const T* fill,
              const ImageView<T>& out);

extern template void resample<float>(const ImageView<const float>&, const double (&)[9], Interpolation, const float*,
                                     const ImageView<float>&);
extern template void resample<double>(const ImageView<const double>&, const double (&)[9], Interpolation, const double*,
                                      const ImageView<double>&);

}  // namespace mmlcore
