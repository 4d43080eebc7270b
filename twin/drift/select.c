/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/select.h"

#include <stdint.h>
#include <string.h>

/* Floats that are not negative sort as their bits do: a byte at a time, highest first,
 * count those that share the bytes found so far (radix selection). */
float select_kth(const float *v, size_t n, size_t k)
{
	uint32_t found = 0, mask = 0;
	float kth;

	for (int shift = 24; shift >= 0; shift -= 8) {
		size_t count[256] = {0};
		uint32_t byte = 0;

		for (size_t i = 0; i < n; i++) {
			uint32_t bits;

			memcpy(&bits, &v[i], sizeof(bits));
			if ((bits & mask) == found) {
				count[(bits >> shift) & 0xff]++;
			}
		}
		while (k >= count[byte]) {
			k -= count[byte++];
		}
		found |= byte << shift;
		mask |= (uint32_t)0xff << shift;
	}
	memcpy(&kth, &found, sizeof(kth));
	return kth;
}
