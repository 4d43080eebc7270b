/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/repetition.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "twin/people/mtm.h"

bool repetition_is_high(double cycle_s, double same)
{
	return cycle_s < REPETITION_CYCLE_S || same > REPETITION_SHARE;
}

/* The kind is what stands before the first number: R of R30B. */
static size_t kind_of(const char *code)
{
	return strcspn(code, "0123456789");
}

double repetition_same(const char *const *codes, size_t n)
{
	double whole = 0, most = 0;

	for (size_t i = 0; i < n; i++) {
		double own = 0, tmu;

		if (mtm_time(codes[i], &tmu)) {
			return (double)NAN;
		}
		whole += tmu;
		for (size_t k = 0; k < n; k++) {
			bool same = kind_of(codes[k]) == kind_of(codes[i]) &&
			            strncasecmp(codes[k], codes[i], kind_of(codes[i])) ==
			                    0;

			own += same && mtm_time(codes[k], &tmu) == 0 ? tmu : 0;
		}
		most = fmax(most, own);
	}
	return whole > 0 ? most / whole : (double)NAN;
}
