// Special functions of one number, in double: those that SciPy has and the C library has not, or not everywhere.
//
//   erfcx(x) = exp(x^2) erfc(x)        as written, x^2 with its rounding error, up to 25; beyond that the asymptotic series
//   log_ndtr(x) = log Phi(x)           by erfcx(-x / sqrt 2) below zero, where Phi vanishes
//   erfinv, erfcinv                    Halley's steps from a start (S. Winitzki, 2008): each triples the digits
//   polygamma(n, x)                    recurrence up to where the asymptotic series holds (Abramowitz,
//   Stegun, 6.4.6, 6.4.11);
//                                      digamma below zero by reflection
//   bessel_ie(n, x) = exp(-|x|) I_n(x) ascending series, all of whose terms are positive; beyond 30 + n^2 / 2 Hankel's
//   bessel_j, bessel_y                 the C library's
//
// Derivatives of each are made of the same functions (operations.def), so that they are there to any order. Relative errors
// are some 1e-15 (1e-14 for large x of bessel_ie and derivatives of high order), absolute ones near a zero of the function.
#pragma once

namespace mmlcore::calculus::special {

double erfcx(double x);
double log_ndtr(double x);
double erfinv(double x);
double erfcinv(double x);
double gammaln(double x);
double gamma(double x);
double polygamma(int n, double x);
double bessel_j(int n, double x);
double bessel_y(int n, double x);
double bessel_ie(int n, double x);

}  // namespace mmlcore::calculus::special
