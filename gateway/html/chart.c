/* SPDX-License-Identifier: Apache-2.0 */
/* Layout, from top to bottom: bars, a row each; panels with their names; the axis. */
#include "gateway/html/chart.h"

#include <math.h>
#include <string.h>

#include "gateway/html/markup.h"

enum {
	WIDTH = 920,
	LEFT = 64, /* of the panels: room for the numbers */
	RIGHT = 908,
	BAR_ROW = 18,
	NAME_ROW = 17,
	LINE_HEIGHT = 92,
	STATE_HEIGHT = 20,
	GAP = 9,
	AXIS_HEIGHT = 40,
	TEXT_WIDTH = 6, /* of a letter of 11 px, about */
	BARS_MAX = CHART_BARS_MAX,
};

/* A panel's own scale. */
struct scale {
	double min, max; /* of the values shown */
	double top, height;
};

struct canvas {
	FILE *out;
	const struct chart *chart;
	double bottom;         /* of the panels */
	size_t rows[BARS_MAX]; /* of the bars */
};

double chart_step(double span, int most)
{
	static const double steps[] = {1, 2, 5, 10};
	double raw = span / most, power;

	if (!(raw > 0) || !isfinite(raw)) {
		return 1;
	}
	power = pow(10, floor(log10(raw)));
	for (size_t i = 0; i < 4; i++) {
		if (steps[i] * power >= raw * (1 - 1e-9)) {
			return steps[i] * power;
		}
	}
	return 10 * power;
}

/* Decimals that a multiple of step needs. */
static int decimals(double step)
{
	int n = (int)ceil(-log10(step) - 1e-9);

	return n < 0 ? 0 : n > 9 ? 9 : n;
}

static double x_of(const struct canvas *v, double x)
{
	double span = v->chart->to - v->chart->from;
	double share = span > 0 ? (x - v->chart->from) / span : 0;

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	return LEFT + share * (RIGHT - LEFT);
}

static double y_of(const struct scale *s, double y)
{
	return s->top + s->height - (y - s->min) / (s->max - s->min) * s->height;
}

static void print_number(FILE *out, double number, double step)
{
	if (fabs(number) < step * 1e-6) {
		number = 0; /* no minus before it */
	}
	if (fabs(number) >= 1e7 || step < 1e-6) {
		fprintf(out, "%.4g", number);
	} else {
		fprintf(out, "%.*f", decimals(step), number);
	}
}

/* --- Bars --- */

static const char *tone_class(enum chart_tone tone)
{
	return tone == CHART_BAD ? "bad" : tone == CHART_FAULT ? "fault" : "neutral";
}

/* Where a bar and its words begin and end on the paper. */
static struct extent {
	double from, to;
} extent_of(const struct canvas *v, const struct chart_bar *b)
{
	double x = x_of(v, b->from), end = fmax(x_of(v, b->to), x + 2);
	double text = (double)strlen(b->text) * TEXT_WIDTH + 8;

	if (end - x > text) {
		return (struct extent){x, end};
	}
	return end + text < RIGHT ? (struct extent){x, end + text}
	                          : (struct extent){x - text, end};
}

/* The first row in which a bar finds room beside those before it. */
static size_t row_of(const struct canvas *v, size_t i)
{
	const struct chart *c = v->chart;
	struct extent own = extent_of(v, &c->bars[i]);
	size_t row = 0;

	for (size_t k = 0; k < i; k++) {
		struct extent other = extent_of(v, &c->bars[k]);

		if (v->rows[k] == row && own.from < other.to && other.from < own.to) {
			row++;
			k = (size_t)-1; /* from the first again, in the next row */
		}
	}
	return row;
}

static void print_bar(const struct canvas *v, const struct chart_bar *b, double top)
{
	double x = x_of(v, b->from), end = x_of(v, b->to), width = fmax(end - x, 2);
	double text = (double)strlen(b->text) * TEXT_WIDTH;
	bool after = end + 6 + text<RIGHT, within = width> text + 8;

	fprintf(v->out,
	        "<rect class=\"shade %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	        "height=\"%.1f\"/>",
	        tone_class(b->tone), x, top + BAR_ROW - 4, width,
	        v->bottom - top - BAR_ROW + 4);
	fprintf(v->out,
	        "<rect class=\"bar %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	        "height=\"%d\"/>",
	        tone_class(b->tone), x, top, width, BAR_ROW - 4);
	fprintf(v->out, "<text class=\"note%s\" x=\"%.1f\" y=\"%.1f\"%s>",
	        within ? " in" : "",
	        within  ? x + 4
	        : after ? end + 5
	                : x - 5,
	        top + BAR_ROW - 7, within || after ? "" : " text-anchor=\"end\"");
	markup_text(v->out, b->text);
	fputs("</text>\n", v->out);
}

/* --- A quantity --- */

static void widen(struct scale *s, double min, double max)
{
	s->min = fmin(s->min, min);
	s->max = fmax(s->max, max);
}

/* What the panel shows, a little beyond its values and limits, to whole ticks. */
static double fit(struct scale *s, const struct chart_panel *p)
{
	double step, room, floor_at;

	s->min = INFINITY;
	s->max = -INFINITY;
	for (size_t i = 0; i < p->n; i++) {
		widen(s, p->points[i].min, p->points[i].max);
		widen(s, p->points[i].last, p->points[i].last);
		if (p->beside) {
			widen(s, p->beside[i], p->beside[i]);
		}
	}
	for (size_t i = 0; i < p->n_limits; i++) {
		widen(s, p->limits[i], p->limits[i]);
	}
	if (!isfinite(s->min) || !isfinite(s->max)) {
		s->min = 0;
		s->max = 1;
	}
	room = fmax((s->max - s->min) * 0.04, fmax(fabs(s->max) * 1e-6, 1e-9));
	if (s->max - s->min < room) {
		room = fmax(fabs(s->max) * 0.1, 0.5);
	}
	step = chart_step(s->max - s->min + 2 * room, 4);
	floor_at = s->min >= 0 ? 0 : -(double)INFINITY; /* no axis below what cannot be */
	s->min = fmax(floor((s->min - room) / step) * step, floor_at);
	s->max = ceil((s->max + room) / step) * step;
	return step;
}

static void print_grid(const struct canvas *v, const struct scale *s, double step)
{
	for (int i = 0; s->min + i * step <= s->max + step / 2 && i < 20; i++) {
		double value = s->min + i * step, y = y_of(s, value);

		fprintf(v->out,
		        "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
		        "<text class=\"tick\" x=\"%d\" y=\"%.1f\">",
		        LEFT, y, RIGHT, LEFT - 6, y + 3.5);
		print_number(v->out, value, step);
		fputs("</text>", v->out);
	}
	fputc('\n', v->out);
}

/* Points that fall together on the paper become one. */
static size_t merge(const struct canvas *v, const struct chart_panel *p, size_t from,
                    struct chart_point *out)
{
	double limit = x_of(v, p->points[from].x) + 1;
	size_t i = from + 1;

	*out = p->points[from];
	for (; i < p->n && x_of(v, p->points[i].x) < limit; i++) {
		out->min = fmin(out->min, p->points[i].min);
		out->max = fmax(out->max, p->points[i].max);
		out->last = p->points[i].last;
	}
	return i;
}

/* The band between least and largest, where it shows at all. */
static void print_band(const struct canvas *v, const struct chart_panel *p,
                       const struct scale *s)
{
	bool open = false;

	for (size_t i = 0; i < p->n;) {
		struct chart_point q;
		double x = x_of(v, p->points[i].x), end;

		i = merge(v, p, i, &q);
		end = i < p->n ? x_of(v, p->points[i].x) : x_of(v, v->chart->to);
		if (!(y_of(s, q.min) - y_of(s, q.max) > 1)) {
			continue;
		}
		fprintf(v->out, "%s%.1f %.1fH%.1fV%.1fH%.1fZ",
		        open ? "M" : "<path class=\"band\" d=\"M", x, y_of(s, q.min),
		        fmax(end, x + 1), y_of(s, q.max), x);
		open = true;
	}
	fputs(open ? "\"/>\n" : "", v->out);
}

/* The band as one area, there above and back below; a gap closes it. */
static void print_area(const struct canvas *v, const struct chart_panel *p,
                       const struct scale *s)
{
	for (size_t i = 0, n; i < p->n; i += n + 1) {
		const struct chart_point *q = p->points + i;

		for (n = 0; i + n < p->n && isfinite(q[n].min) && isfinite(q[n].max);) {
			n++;
		}
		if (n < 2) {
			continue;
		}
		fputs("<path class=\"band\" d=\"", v->out);
		for (size_t k = 0; k < n; k++) {
			fprintf(v->out, "%s%.1f %.1f", k ? "L" : "M", x_of(v, q[k].x),
			        y_of(s, q[k].max));
		}
		for (size_t k = n; k-- > 0;) {
			fprintf(v->out, "L%.1f %.1f", x_of(v, q[k].x), y_of(s, q[k].min));
		}
		fputs("Z\"/>\n", v->out);
	}
}

static void print_beside(const struct canvas *v, const struct chart_panel *p,
                         const struct scale *s)
{
	bool pen_down = false;

	fputs("<path class=\"beside\" d=\"", v->out);
	for (size_t i = 0; i < p->n; i++) {
		if (isfinite(p->beside[i])) {
			fprintf(v->out, "%s%.1f %.1f", pen_down ? "L" : "M",
			        x_of(v, p->points[i].x), y_of(s, p->beside[i]));
		}
		pen_down = isfinite(p->beside[i]);
	}
	fputs("\"/>\n", v->out);
}

static void print_line(const struct canvas *v, const struct chart_panel *p,
                       const struct scale *s)
{
	bool pen_down = false;
	double before = NAN;

	fputs("<path class=\"line\" d=\"", v->out);
	for (size_t i = 0; i < p->n;) {
		struct chart_point q;
		double x = x_of(v, p->points[i].x), y;

		i = merge(v, p, i, &q);
		y = y_of(s, q.last);
		if (isnan(q.last)) {
			pen_down = false;
			continue;
		}
		if (!pen_down || i >= p->n || fabs(y - before) >= 0.05) {
			/* Level until here, then to the new one. */
			if (pen_down && !p->smooth && fabs(y - before) > 8) {
				fprintf(v->out, "H%.1f", x);
			}
			fprintf(v->out, "%s%.1f %.1f", pen_down ? "L" : "M", x, y);
			before = y;
			pen_down = true;
		}
	}
	fputs("\"/>\n", v->out);
}

static void print_limits(const struct canvas *v, const struct chart_panel *p,
                         const struct scale *s)
{
	for (size_t i = 0; i < p->n_limits; i++) {
		fprintf(v->out, "<path class=\"limit\" d=\"M%d %.1fH%d\"/>\n", LEFT,
		        y_of(s, p->limits[i]), RIGHT);
	}
}

/* --- States --- */

static bool is_same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool is_mixed(const struct chart_point *p)
{
	return p->min != p->max && !isnan(p->min);
}

static void print_state(const struct canvas *v, const struct chart_panel *p,
                        const struct scale *s, const struct chart_point *at, double end)
{
	double x = x_of(v, at->x), width = x_of(v, end) - x, value = at->last;
	const char *text = NULL;

	fprintf(v->out,
	        "<rect class=\"state %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	        "height=\"%.1f\"/>",
	        isnan(value)   ? "gone"
	        : is_mixed(at) ? "mixed"
	        : value == 0   ? "off"
	        : p->state     ? "named"
	                       : "on",
	        x, s->top, fmax(width, 0.5), s->height);
	if (p->state && !is_mixed(at)) {
		text = isnan(value) ? "?" : p->state(p->arg, value);
	}
	if (text && width > (double)(strlen(text) + 1) * TEXT_WIDTH) {
		fprintf(v->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", x + 4,
		        s->top + s->height - 6);
		markup_text(v->out, text);
		fputs("</text>", v->out);
	}
}

static void print_states(const struct canvas *v, const struct chart_panel *p,
                         const struct scale *s)
{
	struct chart_point run = {NAN, NAN, NAN, NAN};
	bool open = false;

	for (size_t i = 0; i < p->n;) {
		struct chart_point q;

		i = merge(v, p, i, &q);
		if (open && is_same(run.last, q.last) && is_mixed(&run) == is_mixed(&q)) {
			continue;
		}
		if (open) {
			print_state(v, p, s, &run, q.x);
		}
		run = q;
		open = true;
	}
	if (open) {
		print_state(v, p, s, &run, v->chart->to);
	}
	fprintf(v->out,
	        "<rect class=\"frame\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>"
	        "\n",
	        LEFT, s->top, RIGHT - LEFT, s->height);
}

/* --- All of it --- */

static double height_of(const struct chart_panel *p)
{
	return p->kind == CHART_LINE ? LINE_HEIGHT : STATE_HEIGHT;
}

static void print_panel(const struct canvas *v, const struct chart_panel *p, double top)
{
	struct scale s = {0, 1, top + NAME_ROW, height_of(p)};

	fprintf(v->out, "<text class=\"name\" x=\"%d\" y=\"%.1f\">", LEFT, top + 12);
	markup_text(v->out, p->name);
	if (*p->unit) {
		fputs("<tspan class=\"unit\">, ", v->out);
		markup_text(v->out, p->unit);
		fputs("</tspan>", v->out);
	}
	fputs("</text>\n", v->out);
	if (p->kind == CHART_STATE) {
		print_states(v, p, &s);
		return;
	}
	print_grid(v, &s, fit(&s, p));
	if (p->smooth) {
		print_area(v, p, &s);
	} else {
		print_band(v, p, &s);
	}
	if (p->beside) {
		print_beside(v, p, &s);
	}
	print_line(v, p, &s);
	print_limits(v, p, &s);
}

static void print_axis(const struct canvas *v)
{
	const struct chart *c = v->chart;
	double step = chart_step(c->to - c->from, 10);
	double first = ceil(c->from / step - 1e-9) * step;

	fprintf(v->out, "<path class=\"axis\" d=\"M%d %.1fH%d\"/>", LEFT, v->bottom + 5,
	        RIGHT);
	for (int i = 0; first + i * step <= c->to + step * 1e-9 && i < 24; i++) {
		double x = x_of(v, first + i * step);

		fprintf(v->out,
		        "<path class=\"axis\" d=\"M%.1f %.1fv5\"/>"
		        "<text class=\"tick mid\" x=\"%.1f\" y=\"%.1f\">",
		        x, v->bottom + 5, x, v->bottom + 21);
		print_number(v->out, first + i * step, step);
		fputs("</text>", v->out);
	}
	fprintf(v->out, "<text class=\"tick mid\" x=\"%d\" y=\"%.1f\">",
	        (LEFT + RIGHT) / 2, v->bottom + 36);
	markup_text(v->out, c->axis);
	fputs("</text>\n", v->out);
}

/* Rows of the bars, and the panels' lower end.  @return the number of rows */
static size_t arrange(struct canvas *v, size_t n_bars)
{
	const struct chart *c = v->chart;
	size_t rows = 0;

	for (size_t i = 0; i < n_bars; i++) {
		v->rows[i] = row_of(v, i);
		rows = v->rows[i] + 1 > rows ? v->rows[i] + 1 : rows;
	}
	v->bottom = (double)rows * BAR_ROW;
	for (size_t i = 0; i < c->n_panels; i++) {
		v->bottom += NAME_ROW + height_of(&c->panels[i]) + (i ? GAP : 0);
	}
	return rows;
}

void chart_print(FILE *out, const struct chart *c)
{
	size_t n_bars = c->n_bars < BARS_MAX ? c->n_bars : BARS_MAX;
	struct canvas v = {.out = out, .chart = c};
	double top = (double)arrange(&v, n_bars) * BAR_ROW;

	fprintf(out,
	        "<svg class=\"chart\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
	        "xmlns=\"http://www.w3.org/2000/svg\"><title>",
	        WIDTH, v.bottom + AXIS_HEIGHT);
	markup_text(out, c->title);
	fputs("</title>\n", out);
	for (size_t i = 0; i < n_bars; i++) {
		print_bar(&v, &c->bars[i], (double)v.rows[i] * BAR_ROW);
	}
	for (size_t i = 0; i < c->n_panels; i++) {
		print_panel(&v, &c->panels[i], top);
		top += NAME_ROW + height_of(&c->panels[i]) + GAP;
	}
	print_axis(&v);
	fputs("</svg>\n", out);
}

void chart_style(FILE *out)
{
	fputs(".chart{width:100%;max-width:920px;height:auto;display:block;"
	      "font:11px system-ui,sans-serif;overflow:visible}\n"
	      ".chart .grid{stroke:#dfe3e8;stroke-width:1}"
	      ".chart .axis{stroke:#5b6672;stroke-width:1;fill:none}\n"
	      ".chart .tick{fill:#5b6672;text-anchor:end}"
	      ".chart .tick.mid{text-anchor:middle}\n"
	      ".chart .name{fill:#1b242d;font-weight:600}"
	      ".chart .unit{fill:#5b6672;font-weight:400}\n"
	      ".chart .line{fill:none;stroke:#17589c;stroke-width:1.5;"
	      "stroke-linejoin:round}"
	      ".chart .band{fill:#17589c;fill-opacity:.25}\n"
	      ".chart .beside{fill:none;stroke:#5b6672;stroke-width:1.2;"
	      "stroke-dasharray:2 3}\n"
	      ".chart .limit{stroke:#5b6672;stroke-width:1.2;stroke-dasharray:6 4}\n"
	      ".chart .state.on{fill:#17589c}.chart .state.named{fill:#d5e4f3;"
	      "stroke:#17589c;stroke-width:.7}\n"
	      ".chart .state.off{fill:#e9edf1;fill-opacity:.5}.chart "
	      ".state.mixed{fill:#8fb1d3}"
	      ".chart .state.gone{fill:url(#chart-gone)}\n"
	      ".chart .frame{fill:none;stroke:#c3cad1;stroke-width:1}\n"
	      ".chart .bar.bad{fill:#b3261e}.chart .bar.fault{fill:#d98e04}"
	      ".chart .bar.neutral{fill:#7c8894}\n"
	      ".chart .shade.bad{fill:url(#chart-bad)}"
	      ".chart .shade.fault{fill:#d98e04;fill-opacity:.11}"
	      ".chart .shade.neutral{fill:#7c8894;fill-opacity:.1}\n"
	      ".chart .note{fill:#1b242d}.chart .note.in{fill:#fff}\n",
	      out);
}

void chart_patterns(FILE *out)
{
	fputs("<svg width=\"0\" height=\"0\" aria-hidden=\"true\" "
	      "style=\"position:absolute\"><defs>"
	      "<pattern id=\"chart-bad\" width=\"6\" height=\"6\" "
	      "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	      "<rect width=\"6\" height=\"6\" fill=\"#b3261e\" fill-opacity=\".10\"/>"
	      "<rect width=\"1.5\" height=\"6\" fill=\"#b3261e\" fill-opacity=\".45\"/>"
	      "</pattern>"
	      "<pattern id=\"chart-gone\" width=\"5\" height=\"5\" "
	      "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">"
	      "<rect width=\"1\" height=\"5\" fill=\"#7c8894\"/></pattern>"
	      "</defs></svg>\n",
	      out);
}
