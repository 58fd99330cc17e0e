/* Run at configure time: the exit status is the host's x86-64 level. */
#include "../cpp/include/mmlcore/core/cpu_level.h"

int main(void) { return mmlcore_cpu_level(); }
