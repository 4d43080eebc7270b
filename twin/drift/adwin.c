/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/adwin.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS = 32,    /* sizes of buckets: 2^32 values and more */
	BUCKETS = 5,  /* of one size */
	EVERY = 32,   /* values between two looks */
	PART_MIN = 5, /* a part must be longer */
};

/** Values in one: 2^row. */
struct bucket {
	double mean, squares; /* sum of squared differences from the mean */
};

struct adwin {
	double delta, score;
	struct bucket buckets[ROWS][BUCKETS + 1]; /* oldest first */
	uint8_t used[ROWS];
	size_t rows;
	uint64_t width, seen;
	struct bucket all;
};

int adwin_new(struct adwin **out, double delta)
{
	*out = calloc(1, sizeof(**out));
	if (!*out) {
		return -ENOMEM;
	}
	(*out)->delta = delta;
	(*out)->rows = 1;
	return 0;
}

void adwin_free(struct adwin *a)
{
	free(a);
}

/* Two groups of values as one. */
static struct bucket join(struct bucket a, double n_a, struct bucket b, double n_b)
{
	double n = n_a + n_b, apart = b.mean - a.mean;

	return (struct bucket){
		.mean = a.mean + apart * n_b / n,
		.squares = a.squares + b.squares + apart * apart * n_a * n_b / n,
	};
}

/* Take a group out of all of n values; what is left. */
static struct bucket part(struct bucket all, double n, struct bucket b, double n_b)
{
	double rest = n - n_b, mean = rest > 0 ? (all.mean * n - b.mean * n_b) / rest : 0;
	double apart = b.mean - mean;

	return (struct bucket){
		.mean = mean,
		.squares = fmax(0,
	                        all.squares - b.squares - apart * apart * n_b * rest / n),
	};
}

static void shift(struct adwin *a, size_t row, size_t n)
{
	a->used[row] -= (uint8_t)n;
	memmove(a->buckets[row], a->buckets[row] + n,
	        a->used[row] * sizeof(a->buckets[row][0]));
}

static void insert(struct adwin *a, double x)
{
	struct bucket new = {.mean = x};

	a->all = a->width ? join(a->all, (double)a->width, new, 1) : new;
	a->width++;
	for (size_t row = 0; row < ROWS; row++) {
		double size = ldexp(1, (int)row);
		struct bucket *b = a->buckets[row];

		b[a->used[row]++] = new;
		if (a->used[row] <= BUCKETS) {
			a->rows = row >= a->rows ? row + 1 : a->rows;
			return;
		}
		new = join(b[0], size, b[1], size);
		shift(a, row, 2);
	}
}

static void drop_oldest(struct adwin *a)
{
	size_t row = a->rows - 1;
	double size = ldexp(1, (int)row);

	a->all = part(a->all, (double)a->width, a->buckets[row][0], size);
	a->width -= UINT64_C(1) << row;
	shift(a, row, 1);
	while (a->rows > 1 && a->used[a->rows - 1] == 0) {
		a->rows--;
	}
}

/* Difference of the means of two parts over what it may be (theorem 3.2 with the
 * variance of the window). */
static double excess(const struct adwin *a, double n0, double mean0, double mean1)
{
	double n = (double)a->width, n1 = n - n0;
	double m = 1 / (n0 - PART_MIN + 1) + 1 / (n1 - PART_MIN + 1);
	double risk = log(2 * log(n) / a->delta);
	double limit = sqrt(2 * m * a->all.squares / n * risk) + 2.0 / 3 * m * risk;

	return fabs(mean0 - mean1) / limit;
}

/* Is there a place to cut?  Tried between all buckets, from the oldest on. */
static bool differs(struct adwin *a)
{
	double n = (double)a->width, n0 = 0, sum0 = 0, sum = a->all.mean * n;

	for (size_t row = a->rows; row-- > 0;) {
		for (size_t i = 0; i < a->used[row]; i++) {
			double size = ldexp(1, (int)row), by;

			n0 += size;
			sum0 += a->buckets[row][i].mean * size;
			if (n0 <= PART_MIN || n - n0 <= PART_MIN) {
				continue;
			}
			by = excess(a, n0, sum0 / n0, (sum - sum0) / (n - n0));
			a->score = fmax(a->score, by);
			if (by > 1) {
				return true;
			}
		}
	}
	return false;
}

bool adwin_step(struct adwin *a, double x, double *score)
{
	bool cut = false;

	insert(a, x);
	if (++a->seen % EVERY == 0) {
		a->score = 0;
		while (a->width > UINT64_C(2) * PART_MIN && differs(a)) {
			drop_oldest(a);
			cut = true;
		}
	}
	*score = a->score;
	return cut;
}

uint64_t adwin_width(const struct adwin *a)
{
	return a->width;
}

double adwin_mean(const struct adwin *a)
{
	return a->all.mean;
}
