/* SPDX-License-Identifier: Apache-2.0 */
/** Order statistics without sorting: the learning buffers have no room for a copy. */
#ifndef TWIN_DRIFT_SELECT_H
#define TWIN_DRIFT_SELECT_H

#include <stddef.h>

/** The k-th smallest, from 0, of n > k values; they are not negative, and not moved. */
float select_kth(const float *v, size_t n, size_t k);

#endif
