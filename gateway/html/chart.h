/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Trends as SVG, to stand in an HTML page: panels one above the other on one axis, each a
 * quantity with its unit, or the states of a switch or a machine; above them bars that
 * say what happened meanwhile, shaded down through the panels.  Legible in black and
 * white.
 *
 * The page needs chart_style() once within its <style>, and chart_patterns() once in its
 * body.  The same chart gives the same bytes.
 */
#ifndef GATEWAY_HTML_CHART_H
#define GATEWAY_HTML_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** From x to the next point's: a line through last, in a band from min to max. */
struct chart_point {
	double x;
	double min, max, last; /* NAN: no value, a gap */
};

enum chart_kind {
	CHART_LINE,  /* a quantity */
	CHART_STATE, /* a few values that mean something: on and off, states */
};

struct chart_panel {
	const char *name; /* shown above it */
	const char *unit; /* "" where none */
	enum chart_kind kind;
	const struct chart_point *points; /* x rising */
	size_t n;
	/** It goes from point to point, line and band, and does not stay until the next.
	 */
	bool smooth;
	/** What it is compared with, at the same x: a dashed line; NULL: nothing. */
	const double *beside;
	const double *limits; /* horizontal lines, in unit; may be NULL */
	size_t n_limits;
	/** What a state is called; NULL: a number, 0 and 1 as off and on. */
	const char *(*state)(void *arg, double value);
	void *arg;
};

enum chart_tone {
	CHART_BAD,     /* violated */
	CHART_FAULT,   /* injected */
	CHART_NEUTRAL, /* whatever else */
};

/** Something from one x to another; a moment where they are the same. */
struct chart_bar {
	double from, to;
	enum chart_tone tone;
	const char *text;
};

enum { CHART_BARS_MAX = 64 }; /* those behind are left out */

/** Everything borrowed for the call. */
struct chart {
	const char *title; /* for screen readers: what one sees */
	const char *axis;  /* "time, s" */
	double from, to;   /* of the axis */
	const struct chart_panel *panels;
	size_t n_panels;
	const struct chart_bar *bars;
	size_t n_bars;
};

void chart_print(FILE *out, const struct chart *c);
void chart_style(FILE *out);
void chart_patterns(FILE *out);

/** The step of ticks (1, 2 or 5 times a power of ten) that cuts a span into at most
 * `most` parts; 1 where the span is not positive and finite. */
double chart_step(double span, int most);

#endif
