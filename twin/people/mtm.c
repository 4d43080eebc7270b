/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/mtm.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { CODE_MAX = 16, CASES_MAX = 4 };

/* Of a distance, cm, by case. */
struct row {
	double cm, tmu[CASES_MAX];
};

/* A; B; C and D; E. */
static const struct row reach[] = {
	{2, {2.0, 2.0, 2.0, 2.0}},      {4, {3.4, 3.4, 5.1, 3.2}},
	{6, {4.5, 4.5, 6.5, 4.4}},      {8, {5.5, 5.5, 7.5, 5.5}},
	{10, {6.1, 6.3, 8.4, 6.8}},     {12, {6.4, 7.4, 9.1, 7.3}},
	{14, {6.8, 8.2, 9.7, 7.8}},     {16, {7.1, 8.8, 10.3, 8.2}},
	{18, {7.5, 9.4, 10.8, 8.7}},    {20, {7.8, 10.0, 11.4, 9.2}},
	{22, {8.1, 10.5, 11.9, 9.7}},   {24, {8.5, 11.1, 12.5, 10.2}},
	{26, {8.8, 11.7, 13.0, 10.7}},  {28, {9.2, 12.2, 13.6, 11.2}},
	{30, {9.5, 12.8, 14.1, 11.7}},  {35, {10.4, 14.2, 15.5, 12.9}},
	{40, {11.3, 15.6, 16.8, 14.1}}, {45, {12.1, 17.0, 18.2, 15.3}},
	{50, {13.0, 18.4, 19.6, 16.5}}, {55, {13.9, 19.8, 20.9, 17.8}},
	{60, {14.7, 21.2, 22.3, 19.0}}, {65, {15.6, 22.6, 23.6, 20.2}},
	{70, {16.5, 24.1, 25.0, 21.4}}, {75, {17.3, 25.5, 26.4, 22.6}},
	{80, {18.2, 26.9, 27.7, 23.9}},
};

/* A; B; C. */
static const struct row move[] = {
	{2, {2.0, 2.0, 2.0, 0}},     {4, {3.1, 4.0, 4.5, 0}},
	{6, {4.1, 5.0, 5.8, 0}},     {8, {5.1, 5.9, 6.9, 0}},
	{10, {6.0, 6.8, 7.9, 0}},    {12, {6.9, 7.7, 8.8, 0}},
	{14, {7.7, 8.5, 9.8, 0}},    {16, {8.3, 9.2, 10.5, 0}},
	{18, {9.0, 9.8, 11.1, 0}},   {20, {9.6, 10.5, 11.7, 0}},
	{22, {10.2, 11.2, 12.4, 0}}, {24, {10.8, 11.8, 13.0, 0}},
	{26, {11.5, 12.3, 13.7, 0}}, {28, {12.1, 12.8, 14.4, 0}},
	{30, {12.7, 13.3, 15.1, 0}}, {35, {14.3, 14.5, 16.8, 0}},
	{40, {15.8, 15.6, 18.5, 0}}, {45, {17.4, 16.8, 20.1, 0}},
	{50, {19.0, 18.0, 21.8, 0}}, {55, {20.5, 19.2, 23.5, 0}},
	{60, {22.1, 20.4, 25.2, 0}}, {65, {23.6, 21.6, 26.9, 0}},
	{70, {25.2, 22.8, 28.6, 0}}, {75, {26.7, 24.0, 30.3, 0}},
	{80, {28.3, 25.2, 32.0, 0}},
};

/* Of a weight up to kg: factor on a move, and what comes once. */
static const struct {
	double kg, factor, tmu;
} weights[] = {
	{1, 1.00, 0},     {2, 1.04, 1.6},   {4, 1.07, 2.8},   {6, 1.12, 4.3},
	{8, 1.17, 5.8},   {10, 1.22, 7.3},  {12, 1.27, 8.8},  {14, 1.32, 10.4},
	{16, 1.36, 11.9}, {18, 1.41, 13.4}, {20, 1.46, 14.9}, {22, 1.51, 16.4},
};

/* By 15 degrees from 30 on: small up to 1 kg, medium up to 5, large up to 16. */
static const double turn[3][11] = {
	{2.8, 3.5, 4.1, 4.8, 5.4, 6.1, 6.8, 7.4, 8.1, 8.7, 9.4},
	{4.4, 5.5, 6.5, 7.5, 8.5, 9.6, 10.6, 11.6, 12.7, 13.7, 14.8},
	{8.4, 10.5, 12.3, 14.4, 16.2, 18.3, 20.4, 22.2, 24.3, 26.1, 28.2},
};

/* Those that are of one kind only. */
static const struct {
	const char *code;
	double tmu;
} plain[] = {
	{"G1A", 2.0},    {"G1B", 3.5},    {"G1C1", 7.3},   {"G1C2", 8.7},
	{"G1C3", 10.8},  {"G2", 5.6},     {"G3", 5.6},     {"G4A", 7.3},
	{"G4B", 9.1},    {"G4C", 12.9},   {"G5", 0},       {"RL1", 2.0},
	{"RL2", 0},      {"P1SE", 5.6},   {"P1SD", 11.2},  {"P1SSE", 9.1},
	{"P1SSD", 14.7}, {"P1NSE", 10.4}, {"P1NSD", 16.0}, {"P2SE", 16.2},
	{"P2SD", 21.8},  {"P2SSE", 19.7}, {"P2SSD", 25.3}, {"P2NSE", 21.0},
	{"P2NSD", 26.6}, {"P3SE", 43.0},  {"P3SD", 48.6},  {"P3SSE", 46.5},
	{"P3SSD", 52.1}, {"P3NSE", 47.8}, {"P3NSD", 53.4}, {"D1E", 4.0},
	{"D1D", 5.7},    {"D2E", 7.5},    {"D2D", 11.8},   {"D3E", 22.9},
	{"D3D", 34.7},   {"APA", 10.6},   {"APB", 16.2},   {"EF", 7.3},
	{"FM", 8.5},     {"FMP", 19.1},   {"TBC1", 18.6},  {"TBC2", 37.2},
	{"B", 29.0},     {"S", 29.0},     {"KOK", 29.0},   {"AB", 31.9},
	{"AS", 31.9},    {"AKOK", 31.9},  {"KBK", 69.4},   {"AKBK", 76.7},
	{"SIT", 34.7},   {"STD", 43.4},
};

static int by_distance(const struct row *rows, size_t n, double cm, size_t column,
                       double *tmu)
{
	size_t i = 1;

	if (!(cm > 0) || cm > rows[n - 1].cm) {
		return -ERANGE;
	}
	while (i + 1 < n && rows[i].cm < cm) {
		i++;
	}
	if (cm <= rows[0].cm) {
		*tmu = rows[0].tmu[column];
	} else {
		const struct row *a = &rows[i - 1], *b = &rows[i];

		*tmu = a->tmu[column] +
		       (b->tmu[column] - a->tmu[column]) * (cm - a->cm) / (b->cm - a->cm);
	}
	return 0;
}

/* A number at *text, which then stands behind it. */
static bool take_number(const char **text, double *out)
{
	char *end;

	if (!isdigit((unsigned char)**text)) {
		return false;
	}
	*out = strtod(*text, &end);
	*text = end;
	return true;
}

static int time_of_reach(const char *rest, double *tmu)
{
	static const char cases[] = "ABCDE";
	static const size_t columns[] = {0, 1, 2, 2, 3};
	const char *found;
	double cm;

	if (!take_number(&rest, &cm) || !*rest || rest[1]) {
		return -EINVAL;
	}
	found = strchr(cases, *rest);
	return found ? by_distance(reach, N(reach), cm, columns[found - cases], tmu)
	             : -EINVAL;
}

static int time_of_move(const char *rest, double *tmu)
{
	double cm, kg = 0;
	size_t column, i = 0;
	int err;

	if (!take_number(&rest, &cm) || *rest < 'A' || *rest > 'C') {
		return -EINVAL;
	}
	column = (size_t)(*rest++ - 'A');
	if (*rest == '/') {
		rest++;
		if (!take_number(&rest, &kg)) {
			return -EINVAL;
		}
	}
	if (*rest) {
		return -EINVAL;
	}
	while (i < N(weights) && weights[i].kg < kg) {
		i++;
	}
	err = i < N(weights) ? by_distance(move, N(move), cm, column, tmu) : -ERANGE;
	if (!err) {
		*tmu = *tmu * weights[i].factor + weights[i].tmu;
	}
	return err;
}

static int time_of_turn(const char *rest, double *tmu)
{
	static const char sizes[] = "SML";
	const char *found;
	double degrees, at;
	size_t i;

	if (!take_number(&rest, &degrees) || !*rest || rest[1]) {
		return -EINVAL;
	}
	found = strchr(sizes, *rest);
	if (!found) {
		return -EINVAL;
	}
	if (!(degrees >= 30) || degrees > 180) {
		return -ERANGE;
	}
	at = (degrees - 30) / 15;
	i = at < 10 ? (size_t)at : 9;
	*tmu = turn[found - sizes][i] +
	       (turn[found - sizes][i + 1] - turn[found - sizes][i]) * (at - (double)i);
	return 0;
}

/* 15.2 T/D, 20 at most. */
static int time_of_eyes(const char *rest, double *tmu)
{
	double travel, distance;

	if (!take_number(&rest, &travel) || *rest++ != '/' ||
	    !take_number(&rest, &distance) || *rest) {
		return -EINVAL;
	}
	*tmu = fmin(15.2 * travel / distance, 20);
	return distance > 0 ? 0 : -ERANGE;
}

static int time_of_leg(const char *rest, double *tmu)
{
	double cm;

	if (!take_number(&rest, &cm) || *rest) {
		return -EINVAL;
	}
	*tmu = 7.1 + 0.5 * fmax(cm - 15, 0);
	return cm > 100 ? -ERANGE : 0;
}

static int time_of_side_step(const char *rest, double *tmu)
{
	double cm;

	if (!take_number(&rest, &cm)) {
		return -EINVAL;
	}
	if (strcmp(rest, "C1") == 0) {
		*tmu = 17.0 + 0.2 * fmax(cm - 30, 0);
	} else if (strcmp(rest, "C2") == 0) {
		*tmu = 34.1 + 0.4 * fmax(cm - 30, 0);
	} else {
		return -EINVAL;
	}
	return cm > 200 ? -ERANGE : 0;
}

static int time_of_paces(const char *rest, double *tmu)
{
	double n;

	if (!take_number(&rest, &n)) {
		return -EINVAL;
	}
	if (strcmp(rest, "P") == 0) {
		*tmu = 15.0 * n;
	} else if (strcmp(rest, "PO") == 0) {
		*tmu = 17.0 * n;
	} else {
		return -EINVAL;
	}
	return n > 10000 ? -ERANGE : 0;
}

static int time_of(const char *code, double *tmu)
{
	static const struct {
		const char *begin;
		int (*time)(const char *rest, double *tmu);
	} kinds[] = {{"ET", time_of_eyes}, {"LM", time_of_leg}, {"SS", time_of_side_step},
	             {"R", time_of_reach}, {"M", time_of_move}, {"T", time_of_turn},
	             {"W", time_of_paces}};

	for (size_t i = 0; i < N(plain); i++) {
		if (strcmp(plain[i].code, code) == 0) {
			*tmu = plain[i].tmu;
			return 0;
		}
	}
	for (size_t i = 0; i < N(kinds); i++) {
		size_t n = strlen(kinds[i].begin);

		if (strncmp(code, kinds[i].begin, n) == 0) {
			return kinds[i].time(code + n, tmu);
		}
	}
	return -EINVAL;
}

static char upper_of(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int mtm_time(const char *code, double *tmu)
{
	char upper[CODE_MAX + 1] = "";
	double found = 0;
	int err;

	for (size_t i = 0; code[i]; i++) {
		if (i == CODE_MAX) {
			return -EINVAL;
		}
		upper[i] = upper_of(code[i]);
	}
	err = time_of(upper, &found);
	if (!err) {
		*tmu = found;
	}
	return err;
}

double mtm_learnt(double rate, double n)
{
	return pow(n, log2(rate));
}
