/* SPDX-License-Identifier: Apache-2.0 */
/* What the file of a line may say.  Each key is shown in etc/examples/line.yaml. */
#include <stddef.h>

#include "gateway/line/line_build.h"

#define YEAR_MS (86400000.0 * 365)

static const struct schema_key product_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"share", SCHEMA_REAL, "of what a source makes", .min = 0, .max = 1e9,
         .preset = "1"},
	{"due", SCHEMA_DURATION, "time it has from its beginning; absent: for ever",
         .min = 1, .max = YEAR_MS},
	{"priority", SCHEMA_REAL, "the higher goes first where the rule is priority",
         .preset = "0"},
	{0},
};
static const struct schema_object product = {"product", "what is made", product_keys};

static const struct schema_key order_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"at", SCHEMA_DURATION, "when it is released", .min = 0, .max = YEAR_MS,
         .preset = "0s"},
	{"product", SCHEMA_ID, "of which", .flags = SCHEMA_REQUIRED},
	{"quantity", SCHEMA_INT, "parts", .flags = SCHEMA_REQUIRED, .min = 1, .max = 1e6},
	{"due", SCHEMA_DURATION, "time of the run; absent: whenever", .min = 0,
         .max = YEAR_MS},
	{0},
};
static const struct schema_object order = {"order", "parts that are ordered", order_keys};

static const struct schema_key source_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"every", SCHEMA_TEXT,
         "time between two parts: 30s, exponential(30s); absent: whenever there is room",
         .min = 1, .max = 8000},
	{"wip", SCHEMA_INT, "at most so many of its parts in the line; 0: no limit",
         .min = 0, .max = 1e6, .preset = "0"},
	{"orders", SCHEMA_OBJECT, "instead: what is ordered", .shape = SCHEMA_LIST_OF,
         .object = &order},
	{0},
};
static const struct schema_object source = {"source", "where parts come from",
                                            source_keys};

static const struct schema_key failure_keys[] = {
	{"every", SCHEMA_TEXT, "between two failures: weibull(40h, 1.5)",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 8000},
	{"repair", SCHEMA_TEXT, "time to repair: lognormal(20min, 15min)",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 8000},
	{"by", SCHEMA_CHOICE,
         "what counts between failures: running time, or the clock's",
         .choices = "running clock", .preset = "running"},
	{"skill", SCHEMA_ID, "of who repairs; absent: somebody is always there",
         .flags = 0},
	{0},
};
static const struct schema_object failures = {"failures", "MTBF and MTTR", failure_keys};

static const struct schema_key maintenance_keys[] = {
	{"policy", SCHEMA_CHOICE,
         "periodic: after so much running; condition: when the failure is nearer than "
         "the warning, as a twin foresees it",
         .choices = "periodic condition", .preset = "periodic"},
	{"every", SCHEMA_DURATION, "running time, or how long before it is foreseen",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = YEAR_MS},
	{"takes", SCHEMA_TEXT, "15min, triangular(10min, 15min, 30min)",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 8000},
	{0},
};
static const struct schema_object maintenance = {"maintenance", "what is planned",
                                                 maintenance_keys};

static const struct schema_key power_keys[] = {
	{"busy", SCHEMA_REAL, "W, at work", .min = 0, .max = 1e9, .preset = "0"},
	{"idle", SCHEMA_REAL, "W, starved, blocked or unattended", .min = 0, .max = 1e9,
         .preset = "0"},
	{"setup", SCHEMA_REAL, "W, while it is set up", .min = 0, .max = 1e9,
         .preset = "0"},
	{"down", SCHEMA_REAL, "W, failed or in maintenance", .min = 0, .max = 1e9,
         .preset = "0"},
	{"paused", SCHEMA_REAL, "W, in a break", .min = 0, .max = 1e9, .preset = "0"},
	{0},
};
static const struct schema_object power = {"power", "what it takes", power_keys};

static const struct schema_key can_keys[] = {
	{"process", SCHEMA_ID, "that a routing may want", .flags = SCHEMA_REQUIRED},
	{"ranges", SCHEMA_NUMBERS, "of its quantities, each [min, max]",
         .shape = SCHEMA_MAP_OF},
	{"sigma", SCHEMA_NUMBERS, "measured spread of its quantities",
         .shape = SCHEMA_MAP_OF},
	{"deviations", SCHEMA_TEXT,
         "DEVICE/TAG of a gateway by quantity: what it is off by, for --learn",
         .shape = SCHEMA_MAP_OF, .min = 3, .max = 200},
	{"tooling", SCHEMA_ID, "that is there", .shape = SCHEMA_LIST_OF},
	{"materials", SCHEMA_ID, "that it can work; absent: any",
         .shape = SCHEMA_LIST_OF},
	{"payload", SCHEMA_REAL, "kg, at most; absent: any", .min = 0, .max = 1e6},
	{0},
};
static const struct schema_object can = {"can", "a process of a station", can_keys};

static const struct schema_key tags_keys[] = {
	{"count", SCHEMA_TEXT, "DEVICE/TAG: jobs that it finished, good or not",
         .flags = SCHEMA_REQUIRED, .min = 3, .max = 200},
	{"rejects", SCHEMA_TEXT, "those of them that were not good", .min = 3,
         .max = 200},
	{"down", SCHEMA_TEXT, "not 0: it has failed", .min = 3, .max = 200},
	{"busy", SCHEMA_TEXT, "not 0: it works; absent: waits count, but for long ones",
         .min = 3, .max = 200},
	{0},
};
static const struct schema_object tags = {
	"tags", "of a gateway, that tell of it (--learn)", tags_keys};

#define LIFT_KEYS                                                                        \
	{"load", SCHEMA_REAL, "kg", .flags = SCHEMA_REQUIRED, .min = 0, .max = 1000},    \
		{"h",                                                                    \
	         SCHEMA_REAL,                                                            \
	         "cm, of the hands before the ankles",                                   \
	         .flags = SCHEMA_REQUIRED,                                               \
	         .min = 0,                                                               \
	         .max = 300},                                                            \
		{"v",                                                                    \
	         SCHEMA_REAL,                                                            \
	         "cm, of the hands above the floor",                                     \
	         .flags = SCHEMA_REQUIRED,                                               \
	         .min = 0,                                                               \
	         .max = 300},                                                            \
		{"d",      SCHEMA_REAL, "cm, that it is lifted",                         \
	         .min = 0, .max = 300,  .preset = "25"},                                 \
		{"turn",   SCHEMA_REAL, "degrees, that one turns",                       \
	         .min = 0, .max = 180,  .preset = "0"},                                  \
	{                                                                                \
		"grip", SCHEMA_CHOICE, "of the load", .choices = "good fair poor",       \
						      .preset = "good"                   \
	}

static const struct schema_key lift_keys[] = {
	LIFT_KEYS,
	{"per_min", SCHEMA_REAL, "lifts a minute", .flags = SCHEMA_REQUIRED, .min = 0,
         .max = 100},
	{"hours", SCHEMA_REAL, "in a row, with the rest after them", .min = 0, .max = 24,
         .preset = "8"},
	{0},
};
const struct schema_object line_lift_object = {"lift", "by hand, after NIOSH", lift_keys};

static const struct schema_key posture_keys[] = {
	{"upper_arm", SCHEMA_INT, "score of RULA", .min = 1, .max = 6, .preset = "1"},
	{"lower_arm", SCHEMA_INT, "likewise", .min = 1, .max = 3, .preset = "1"},
	{"wrist", SCHEMA_INT, "likewise", .min = 1, .max = 4, .preset = "1"},
	{"twist", SCHEMA_INT, "of the wrist", .min = 1, .max = 2, .preset = "1"},
	{"neck", SCHEMA_INT, "likewise", .min = 1, .max = 6, .preset = "1"},
	{"trunk", SCHEMA_INT, "likewise", .min = 1, .max = 6, .preset = "1"},
	{"legs", SCHEMA_INT, "likewise", .min = 1, .max = 2, .preset = "1"},
	{"muscle_arm", SCHEMA_INT, "1: held, or repeated", .min = 0, .max = 1,
         .preset = "0"},
	{"muscle_trunk", SCHEMA_INT, "likewise", .min = 0, .max = 1, .preset = "0"},
	{"force_arm", SCHEMA_INT, "0 to 3, by load", .min = 0, .max = 3, .preset = "0"},
	{"force_trunk", SCHEMA_INT, "likewise", .min = 0, .max = 3, .preset = "0"},
	{0},
};
static const struct schema_object posture = {"posture", "scores of RULA", posture_keys};

static const struct schema_key work_lift_keys[] = {LIFT_KEYS, {0}};
static const struct schema_object work_lift = {
	"lift", "by hand, as often as it is worked", work_lift_keys};

static const struct schema_key carry_keys[] = {
	{"load", SCHEMA_REAL, "kg", .flags = SCHEMA_REQUIRED, .min = 0, .max = 1000},
	{"over", SCHEMA_REAL, "m", .flags = SCHEMA_REQUIRED, .min = 0, .max = 1000},
	{0},
};
static const struct schema_object carry = {"carry", "by hand, over a distance",
                                           carry_keys};

static const struct schema_key work_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"time", SCHEMA_DURATION, "it takes, measured", .min = 0, .max = 86400000},
	{"elements", SCHEMA_TEXT,
         "motions of MTM-1 in place of `time`: [R30B, G1A, M30C]",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 16},
	{"lift", SCHEMA_OBJECT, "what is lifted in it", .object = &work_lift},
	{"carry", SCHEMA_OBJECT, "what is carried in it", .object = &carry},
	{"posture", SCHEMA_OBJECT, "how one stands in it", .object = &posture},
	{0},
};
static const struct schema_object work = {"work", "by hand, in each job", work_keys};

static const struct schema_key station_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"machines", SCHEMA_INT, "alike, that share what comes", .min = 1, .max = 1000,
         .preset = "1"},
	{"time", SCHEMA_TEXT,
         "of one job: 4s, normal(4s, 500ms), triangular(3s, 4s, 6s); absent: of its work",
         .min = 1, .max = 8000},
	{"work", SCHEMA_OBJECT, "by hand, in each job", .shape = SCHEMA_LIST_OF,
         .object = &work},
	{"ideal", SCHEMA_DURATION, "of one job, for effectiveness; absent: its mean",
         .min = 1, .max = YEAR_MS},
	{"factors", SCHEMA_NUMBERS, "on its time, by product", .shape = SCHEMA_MAP_OF},
	{"setup", SCHEMA_DURATION, "from any product to another", .min = 0,
         .max = YEAR_MS},
	{"setups", SCHEMA_DURATION, "FROM-TO: time, by product, in place of setup",
         .shape = SCHEMA_MAP_OF, .min = 0, .max = YEAR_MS},
	{"join", SCHEMA_BOOL, "takes from every way into it: assembly",
         .preset = "false"},
	{"gives", SCHEMA_INT, "parts of one job; 0: as many as it took", .min = 0,
         .max = 1000, .preset = "0"},
	{"rule", SCHEMA_CHOICE, "who goes first",
         .choices = "fifo spt edd critical priority setup", .preset = "fifo"},
	{"failures", SCHEMA_OBJECT, "absent: it never fails", .object = &failures},
	{"maintenance", SCHEMA_OBJECT, "absent: it runs to failure",
         .object = &maintenance},
	{"skill", SCHEMA_ID, "of who works there; absent: it works alone", .flags = 0},
	{"at", SCHEMA_NUMBERS, "[x, y] in m, for who walks", .flags = 0},
	{"power", SCHEMA_OBJECT, "by state", .object = &power},
	{"tags", SCHEMA_OBJECT, "what a gateway knows of it, for --learn",
         .object = &tags},
	{"life", SCHEMA_TEXT,
         "DEVICE/TAG among the `trends` of a gateway: how long it lasts, for --learn",
         .min = 3, .max = 200},
	{"can", SCHEMA_OBJECT, "for pollux validate", .shape = SCHEMA_LIST_OF,
         .object = &can},
	{"investment", SCHEMA_REAL, "in the currency", .min = 0, .max = 1e12},
	{"floor", SCHEMA_REAL, "m2", .min = 0, .max = 1e6},
	{"changeover", SCHEMA_DURATION, "downtime of the line to put it in or change it",
         .min = 0, .max = YEAR_MS},
	{0},
};
static const struct schema_object station = {"station", "one or more machines",
                                             station_keys};

static const struct schema_key way_keys[] = {
	{"from", SCHEMA_ID, "a source or station", .flags = SCHEMA_REQUIRED},
	{"to", SCHEMA_ID, "a station, or out", .flags = SCHEMA_REQUIRED},
	{"places", SCHEMA_INT, "that wait or travel; absent: no limit", .min = 0,
         .max = 1e6},
	{"by", SCHEMA_ID, "vehicles that bring them; absent: a conveyor, or nothing",
         .flags = 0},
	{"pick_up", SCHEMA_INT, "places where vehicles fetch them", .min = 1, .max = 1e6,
         .preset = "1"},
	{"distance", SCHEMA_REAL,
         "m, that vehicles drive with them; absent: by the places of "
         "both stations",
         .min = 0, .max = 1e6},
	{"travel", SCHEMA_DURATION, "of a conveyor", .min = 0, .max = 86400000,
         .preset = "0s"},
	{"take", SCHEMA_INT, "by the station at once: a batch, or parts of an assembly",
         .min = 1, .max = 1000, .preset = "1"},
	{"share", SCHEMA_REAL, "of what leaves there", .min = 1e-9, .max = 1e9,
         .preset = "1"},
	{"products", SCHEMA_ID, "that go here; absent: all", .shape = SCHEMA_LIST_OF},
	{"scrap", SCHEMA_BOOL, "what goes out here is none of the good",
         .preset = "false"},
	{0},
};
static const struct schema_object way = {"way", "of parts", way_keys};

static const struct schema_key vehicles_power_keys[] = {
	{"idle", SCHEMA_REAL, "W, of one that waits or charges", .min = 0, .max = 1e6,
         .preset = "0"},
	{"busy", SCHEMA_REAL, "W, of one on duty", .min = 0, .max = 1e6, .preset = "0"},
	{0},
};
static const struct schema_object vehicles_power = {"power", "what each takes",
                                                    vehicles_power_keys};

static const struct schema_key battery_keys[] = {
	{"runs", SCHEMA_DURATION, "on duty between two charges", .flags = SCHEMA_REQUIRED,
         .min = 1000, .max = YEAR_MS},
	{"charge", SCHEMA_DURATION, "how long it charges, at home",
         .flags = SCHEMA_REQUIRED, .min = 1000, .max = YEAR_MS},
	{0},
};
static const struct schema_object battery = {"battery", "of each vehicle", battery_keys};

static const struct schema_key vehicles_keys[] = {
	{"id", SCHEMA_ID, "of the fleet", .flags = SCHEMA_REQUIRED},
	{"count", SCHEMA_INT, "vehicles, alike", .min = 1, .max = 1000, .preset = "1"},
	{"capacity", SCHEMA_INT, "parts of one way that one carries", .min = 1,
         .max = 1000, .preset = "1"},
	{"speed", SCHEMA_REAL, "m/s", .min = 0.01, .max = 50, .preset = "1"},
	{"detour", SCHEMA_REAL, "way driven over the straight line", .min = 1, .max = 100,
         .preset = "1"},
	{"load", SCHEMA_TEXT, "time at the pick-up: 10s, triangular(5s 10s 20s)",
         .min = 1, .max = 8000, .preset = "0s"},
	{"unload", SCHEMA_TEXT, "time at the other end", .min = 1, .max = 8000,
         .preset = "0s"},
	{"at", SCHEMA_NUMBERS, "[x, y] in m, where they stand at first, and charge",
         .flags = 0},
	{"battery", SCHEMA_OBJECT, "absent: they drive on and on", .object = &battery},
	{"power", SCHEMA_OBJECT, "by what they do", .object = &vehicles_power},
	{"investment", SCHEMA_REAL, "of each, in the currency", .min = 0, .max = 1e12},
	{0},
};
static const struct schema_object vehicles = {"vehicles", "a fleet", vehicles_keys};

static const struct schema_key operator_keys[] = {
	{"id", SCHEMA_ID, "who", .flags = SCHEMA_REQUIRED},
	{"skills", SCHEMA_ID, "what he can", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED},
	{"speed", SCHEMA_REAL, "m/s, walking", .min = 0.1, .max = 10, .preset = "1.2"},
	{"at", SCHEMA_NUMBERS, "[x, y] in m, at first", .flags = 0},
	{0},
};
static const struct schema_object operator_object = {"operator", "of the line",
                                                     operator_keys};

static const struct schema_key break_keys[] = {
	{"at", SCHEMA_DURATION, "in the period", .flags = SCHEMA_REQUIRED, .min = 0,
         .max = YEAR_MS},
	{"for", SCHEMA_DURATION, "how long nobody works", .flags = SCHEMA_REQUIRED,
         .min = 1, .max = YEAR_MS},
	{0},
};
static const struct schema_object break_object = {"break", "nobody works", break_keys};

static const struct schema_key shift_keys[] = {
	{"period", SCHEMA_DURATION, "after which they come again", .min = 1,
         .max = YEAR_MS, .preset = "24h"},
	{"breaks", SCHEMA_OBJECT, "in order", .shape = SCHEMA_LIST_OF,
         .object = &break_object},
	{0},
};
static const struct schema_object shifts = {"shifts", "when nobody works", shift_keys};

static const struct schema_key task_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"time", SCHEMA_DURATION, "it takes, measured", .min = 0, .max = 86400000},
	{"elements", SCHEMA_TEXT,
         "motions of MTM-1 in place of `time`: [R30B, G1A, M30C]",
         .shape = SCHEMA_LIST_OF, .min = 1, .max = 16},
	{"after", SCHEMA_ID, "tasks that come before it", .shape = SCHEMA_LIST_OF},
	{"load", SCHEMA_REAL, "of who does it, in a measure of your own", .min = 0,
         .max = 1e9, .preset = "0"},
	{"lift", SCHEMA_OBJECT, "what is lifted in it", .object = &line_lift_object},
	{"posture", SCHEMA_OBJECT, "how one stands in it", .object = &posture},
	{0},
};
static const struct schema_object task = {"task", "work by hand", task_keys};

static const struct schema_key practice_keys[] = {
	{"rate", SCHEMA_REAL, "of the time that each doubling of the units leaves",
         .min = 0.5, .max = 1, .preset = "0.9"},
	{"units", SCHEMA_REAL, "made up to now", .flags = SCHEMA_REQUIRED, .min = 1,
         .max = 1e9},
	{"trained", SCHEMA_REAL, "units after which the times hold",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 1e9},
	{0},
};
static const struct schema_object practice = {"practice", "a learning curve (Wright)",
                                              practice_keys};

static const struct schema_key balance_keys[] = {
	{"cycle", SCHEMA_DURATION, "of a station; absent: the shortest", .min = 1,
         .max = 86400000},
	{"stations", SCHEMA_INT, "so many; absent: the fewest", .min = 1, .max = 200},
	{"load", SCHEMA_REAL, "of a station, at most; 0: no matter", .min = 0, .max = 1e9,
         .preset = "0"},
	{"lifting_index", SCHEMA_REAL, "above it a task is flagged", .min = 0.1,
         .max = 10, .preset = "1"},
	{"rula", SCHEMA_INT, "above it a task is flagged", .min = 1, .max = 7,
         .preset = "4"},
	{"allowance", SCHEMA_REAL, "for rest and fatigue, % on all times", .min = 0,
         .max = 100, .preset = "0"},
	{"practice", SCHEMA_OBJECT, "of who does it; absent: times are theirs",
         .object = &practice},
	{0},
};
static const struct schema_object balance = {"balance", "tasks to stations",
                                             balance_keys};

static const struct schema_key run_keys[] = {
	{"for", SCHEMA_DURATION, "what counts, after the warm-up", .min = 1,
         .max = 100 * YEAR_MS, .preset = "8h"},
	{"warm_up", SCHEMA_DURATION, "absent: found by MSER-5 in a run of its own",
         .min = 0, .max = YEAR_MS},
	{"replications", SCHEMA_INT, "at least", .min = 1, .max = 100000, .preset = "10"},
	{"precision", SCHEMA_REAL,
         "half of the throughput's interval over its mean; 0: no more than said",
         .min = 0, .max = 1, .preset = "0"},
	{"most", SCHEMA_INT, "replications, whatever the precision", .min = 1,
         .max = 100000, .preset = "200"},
	{"seed", SCHEMA_INT, "the same seed gives the same bytes", .min = 0,
         .max = 9007199254740992.0, .preset = "1"},
	{0},
};
static const struct schema_object run_object = {"run", "how it is simulated", run_keys};

static const struct schema_key parameter_keys[] = {
	{"value", SCHEMA_TEXT, "where the line gives none", .flags = SCHEMA_REQUIRED,
         .min = 1, .max = 1000},
	{"min", SCHEMA_TEXT, "a number or a time", .min = 1, .max = 100},
	{"max", SCHEMA_TEXT, "likewise", .min = 1, .max = 100},
	{"about", SCHEMA_TEXT, "what it is", .min = 0, .max = 200},
	{0},
};
static const struct schema_object parameter = {"parameter", "of a module",
                                               parameter_keys};

static const struct schema_key module_file_keys[] = {
	{"module", SCHEMA_TEXT, "what it is", .min = 1, .max = 200},
	{"parameters", SCHEMA_OBJECT, "by name; ${name} stands for one",
         .shape = SCHEMA_MAP_OF, .object = &parameter},
	{"ports", SCHEMA_ID, "by name: the station that parts come to or go from",
         .shape = SCHEMA_MAP_OF, .flags = SCHEMA_REQUIRED},
	{"stations", SCHEMA_OBJECT, "of it", .shape = SCHEMA_LIST_OF, .object = &station,
         .flags = SCHEMA_REQUIRED},
	{"ways", SCHEMA_OBJECT, "between them, or out", .shape = SCHEMA_LIST_OF,
         .object = &way},
	{"vehicles", SCHEMA_OBJECT, "of its own", .shape = SCHEMA_LIST_OF,
         .object = &vehicles},
	{"operators", SCHEMA_OBJECT, "of its own", .shape = SCHEMA_LIST_OF,
         .object = &operator_object},
	{"investment", SCHEMA_REAL, "of it all, beside its stations'", .min = 0,
         .max = 1e12},
	{"floor", SCHEMA_REAL, "m2, likewise", .min = 0, .max = 1e6},
	{"changeover", SCHEMA_DURATION, "downtime of the line to put it in or change it",
         .min = 0, .max = YEAR_MS},
	{0},
};
const struct schema_object line_module_object = {"module", "a module of a line",
                                                 module_file_keys};

static const struct schema_key module_keys[] = {
	{"id", SCHEMA_ID, "its name in the line", .flags = SCHEMA_REQUIRED},
	{"file", SCHEMA_TEXT, "beside the file that says so", .flags = SCHEMA_REQUIRED,
         .min = 1, .max = 4000},
	{"with", SCHEMA_TEXT, "values of its parameters", .shape = SCHEMA_MAP_OF,
         .min = 1, .max = 1000},
	{"at", SCHEMA_NUMBERS, "[x, y] in m, where it stands", .flags = 0},
	{0},
};
static const struct schema_object module_object = {"module", "out of a file",
                                                   module_keys};

static const struct schema_key root_keys[] = {
	{"title", SCHEMA_TEXT, "of reports", .min = 0, .max = 200, .preset = ""},
	{"run", SCHEMA_OBJECT, "how it is simulated", .object = &run_object},
	{"currency", SCHEMA_TEXT, "of investments", .min = 1, .max = 8, .preset = "EUR"},
	{"margin", SCHEMA_REAL, "of a good part, for when a change pays back", .min = 0,
         .max = 1e9},
	{"products", SCHEMA_OBJECT, "absent: one, called part", .shape = SCHEMA_LIST_OF,
         .object = &product},
	{"sources", SCHEMA_OBJECT, "where parts come from", .shape = SCHEMA_LIST_OF,
         .object = &source},
	{"stations", SCHEMA_OBJECT, "where they are worked on", .shape = SCHEMA_LIST_OF,
         .object = &station},
	{"modules", SCHEMA_OBJECT, "stations and ways out of files",
         .shape = SCHEMA_LIST_OF, .object = &module_object},
	{"remove", SCHEMA_ID, "in a variant: what of the base is not there",
         .shape = SCHEMA_LIST_OF},
	{"crew", SCHEMA_INT, "who change the line: so many changes at once", .min = 1,
         .max = 100, .preset = "1"},
	{"ways", SCHEMA_OBJECT, "how they go", .shape = SCHEMA_LIST_OF, .object = &way},
	{"vehicles", SCHEMA_OBJECT, "fleets that carry parts", .shape = SCHEMA_LIST_OF,
         .object = &vehicles},
	{"operators", SCHEMA_OBJECT, "who works", .shape = SCHEMA_LIST_OF,
         .object = &operator_object},
	{"tasks", SCHEMA_OBJECT, "by hand, for --balance", .shape = SCHEMA_LIST_OF,
         .object = &task},
	{"balance", SCHEMA_OBJECT, "how --balance gives them to stations",
         .object = &balance},
	{"shifts", SCHEMA_OBJECT, "absent: day and night", .object = &shifts},
	{0},
};
const struct schema_object line_root = {"line", "a production line", root_keys};
