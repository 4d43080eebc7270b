/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/html/document.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/html/chart.h"
#include "gateway/html/markup.h"

static const char common[] =
	":root{color-scheme:light}\n"
	"body{font:15px/1.5 system-ui,-apple-system,\"Segoe "
	"UI\",sans-serif;color:#1b242d;"
	"background:#fff;max-width:1000px;margin:2rem auto;padding:0 1.5rem}\n"
	"h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}"
	"h2{font-size:1.2rem;margin:2.6rem 0 .7rem;border-bottom:1px solid #dfe3e8;"
	"padding-bottom:.3rem}h3{font-size:1rem;margin:1.8rem 0 .4rem}\n"
	"p{margin:.3rem 0 .8rem}.quiet{color:#5b6672}a{color:#17589c}\n"
	"code,pre{font:13px/1.45 ui-monospace,\"DejaVu Sans Mono\",Consolas,monospace}\n"
	"table{border-collapse:collapse;width:100%;font-size:14px}"
	"th{text-align:left;font-weight:600;color:#5b6672;font-size:12.5px}"
	"th,td{padding:.38rem .7rem .38rem 0;border-bottom:1px solid #e8ebee;"
	"vertical-align:top}td.number,th.number{text-align:right;white-space:nowrap;"
	"font-variant-numeric:tabular-nums}\n"
	"td.id{font-weight:600;white-space:nowrap}td small{color:#5b6672}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.2rem;"
	"font-size:14px;margin:0}dt{color:#5b6672}dd{margin:0;overflow-wrap:anywhere}\n"
	"details{margin:.6rem 0}summary{cursor:pointer;color:#17589c}\n"
	"figure{margin:.8rem 0 1.6rem}figcaption{font-size:13px;color:#5b6672}\n"
	"@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"h2,h3{break-after:avoid}tr,figure{break-inside:avoid}a{color:inherit;"
	"text-decoration:none}}\n";

void document_open(FILE *out, const char *style, const char *title, ...)
{
	char text[1024];
	va_list args;

	va_start(args, title);
	vsnprintf(text, sizeof(text), title, args);
	va_end(args);
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
	      out);
	markup_text(out, text);
	fputs("</title>\n<style>\n", out);
	fputs(common, out);
	fputs(style, out);
	chart_style(out);
	fputs("</style></head><body>\n", out);
	chart_patterns(out);
}

void document_close(FILE *out)
{
	fputs("</body></html>\n", out);
}

void document_fact(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
	markup_text(out, value);
	fputs("</dd>\n", out);
}

void document_date(char buf[DOCUMENT_DATE_BYTES])
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	int64_t us = clock_wall_us();

	if (fixed && *fixed && strspn(fixed, "0123456789") == strlen(fixed) &&
	    strlen(fixed) < 12) {
		us = (int64_t)strtoll(fixed, NULL, 10) * 1000000;
	}
	clock_iso(us, buf);
	buf[19] = '\0'; /* whole seconds */
}
