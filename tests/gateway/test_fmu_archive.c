/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/fmu/archive.h"
#include "tests/zip_make.h"

enum { ROOM = 4 << 20 };

/* A folder in which one other is, for what is unpacked. */
struct place {
	char root[64];
	int into;
	uint8_t *buf;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char into[80];

	assert_non_null(p);
	p->buf = malloc(ROOM);
	assert_non_null(p->buf);
	strcpy(p->root, "/tmp/pollux-archive-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	snprintf(into, sizeof(into), "%s/into", p->root);
	assert_int_equal(mkdir(into, 0700), 0);
	p->into = open(into, O_RDONLY | O_DIRECTORY);
	assert_true(p->into >= 0);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct place *p = *state;

	close(p->into);
	nftw(p->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(p->buf);
	free(p);
	return 0;
}

/* Beside the folder for what is unpacked there is nothing. */
static void assert_nothing_outside(const struct place *p, const char *name)
{
	DIR *dir = opendir(p->root);
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (e->d_name[0] != '.' && strcmp(e->d_name, "into") != 0) {
			fail_msg("%s: '%s' lies outside", name, e->d_name);
		}
	}
	closedir(dir);
	assert_int_not_equal(access("/tmp/pollux-evil", F_OK), 0);
}

static void unpack_all(const struct place *p, struct archive *a)
{
	for (size_t i = 0; i < archive_count(a); i++) {
		(void)archive_unpack(a, i, p->into);
	}
}

#define GOOD                                                                             \
	{                                                                                \
		.name = "modelDescription.xml", .data = "<x/>", .n = 4                   \
	}
#define NAMED(entry)                                                                     \
	{                                                                                \
		{.name = entry, .data = "x", .n = 1}, GOOD                               \
	}
#define MODED(entry, m)                                                                  \
	{                                                                                \
		{.name = entry, .data = "/etc", .n = 4, .mode = m}, GOOD                 \
	}

static void hostile_archives_are_refused(void **state)
{
	static const struct {
		const char *name;
		struct zip_part parts[3];
	} cases[] = {
		{"up", NAMED("../evil")},
		{"up twice", NAMED("../../evil")},
		{"up from within", NAMED("resources/../../evil")},
		{"up at the end", NAMED("resources/..")},
		{"up to stay", NAMED("resources/../evil")},
		{"only up", NAMED("..")},
		{"up as a folder", NAMED("../")},
		{"here", NAMED(".")},
		{"here within", NAMED("resources/./evil")},
		{"here first", NAMED("./evil")},
		{"absolute", NAMED("/tmp/pollux-evil")},
		{"absolute folder", NAMED("/")},
		{"two slashes", NAMED("//tmp/pollux-evil")},
		{"slashes within", NAMED("resources//evil")},
		{"backslash up", NAMED("..\\evil")},
		{"backslash within", NAMED("resources\\..\\..\\evil")},
		{"backslash absolute", NAMED("\\tmp\\pollux-evil")},
		{"share", NAMED("\\\\host\\share\\evil")},
		{"drive", NAMED("C:/evil")},
		{"drive, relative", NAMED("C:evil")},
		{"drive, backslash", NAMED("C:\\evil")},
		{"stream", NAMED("resources/a.txt:evil")},
		{"no name", NAMED("")},
		{"line end", NAMED("resources/a\nb")},
		{"escape", NAMED("resources/\033[2Jb")},
		{"delete", NAMED("resources/\177")},
		{"link", MODED("resources", S_IFLNK | 0777)},
		{"link to a file", MODED("binaries/linux64/m.so", S_IFLNK | 0777)},
		{"link to a folder", MODED("resources/", S_IFLNK | 0777)},
		{"pipe", MODED("resources/p", S_IFIFO | 0666)},
		{"device", MODED("resources/d", S_IFCHR | 0666)},
		{"block device", MODED("resources/d", S_IFBLK | 0666)},
		{"socket", MODED("resources/s", S_IFSOCK | 0666)},
		{"folder named as a file", MODED("resources/f", S_IFDIR | 0777)},
		{"twice", {GOOD, GOOD}},
		{"twice, a folder",
	         {{.name = "a/", .data = ""}, {.name = "a/", .data = ""}, GOOD}},
		{"file and folder",
	         {{.name = "a", .data = "x", .n = 1},
	          {.name = "a/b", .data = "x", .n = 1},
	          GOOD}},
		{"file and folder, folder first",
	         {{.name = "a/b", .data = "x", .n = 1},
	          {.name = "a", .data = "x", .n = 1},
	          GOOD}},
		{"file and its folder entry",
	         {{.name = "a/", .data = ""}, {.name = "a", .data = "x", .n = 1}, GOOD}},
		{"encrypted",
	         {{.name = "a", .data = "x", .n = 1, .said_flags = 1}, GOOD}},
		{"bzip2", {{.name = "a", .data = "x", .n = 1, .said_method = 12}, GOOD}},
		{"lzma", {{.name = "a", .data = "x", .n = 1, .said_method = 14}, GOOD}},
		{"unknown method",
	         {{.name = "a", .data = "x", .n = 1, .said_method = 77}, GOOD}},
		{"one of 513 MiB",
	         {{.name = "a",
	           .data = "x",
	           .n = 1,
	           .said_method = 8,
	           .said_size = 513u << 20},
	          GOOD}},
		{"two of 300 MiB",
	         {{.name = "a",
	           .data = "x",
	           .n = 1,
	           .said_method = 8,
	           .said_packed = 2 << 20,
	           .said_size = 300u << 20},
	          {.name = "b",
	           .data = "x",
	           .n = 1,
	           .said_method = 8,
	           .said_packed = 2 << 20,
	           .said_size = 300u << 20},
	          GOOD}},
		{"4 GiB less one",
	         {{.name = "a",
	           .data = "x",
	           .n = 1,
	           .said_method = 8,
	           .said_size = UINT32_MAX - 1},
	          GOOD}},
		{"ratio",
	         {{.name = "a",
	           .data = "x",
	           .n = 1,
	           .said_method = 8,
	           .said_size = 1 << 20},
	          GOOD}},
		{"packed to nothing",
	         {{.name = "a", .data = "", .said_method = 8, .said_size = 1 << 20},
	          GOOD}},
		{"longer than the archive",
	         {{.name = "a",
	           .data = "x",
	           .n = 1,
	           .said_packed = 1 << 20,
	           .said_size = 1 << 20},
	          GOOD}},
	};
	struct place *p = *state;
	struct archive_error why;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t parts = cases[i].parts[2].name ? 3 : 2;
		size_t n = zip_make(cases[i].parts, parts, p->buf, ROOM);
		struct archive *a = NULL;
		int err = archive_open_bytes(&a, p->buf, n, &why);

		if (err == 0) {
			unpack_all(p, a);
			archive_close(a);
		}
		assert_nothing_outside(p, cases[i].name);
		if (err != -EBADMSG || !why.text[0]) {
			fail_msg("%s: %d, not refused", cases[i].name, err);
		}
	}
}

static void long_names_and_too_many_entries_are_refused(void **state)
{
	struct place *p = *state;
	struct zip_part *parts = calloc(ARCHIVE_ENTRIES_MAX + 1, sizeof(*parts));
	char(*names)[8] = calloc(ARCHIVE_ENTRIES_MAX + 1, sizeof(*names));
	char name[ARCHIVE_NAME_MAX + 2];
	struct archive_error why;
	struct archive *a;

	assert_non_null(parts);
	assert_non_null(names);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	parts[0] = (struct zip_part){.name = name, .data = ""};
	assert_int_equal(
		archive_open_bytes(&a, p->buf, zip_make(parts, 1, p->buf, ROOM), &why),
		-EBADMSG);
	name[256] = '\0'; /* a part beyond what a folder takes */
	assert_int_equal(
		archive_open_bytes(&a, p->buf, zip_make(parts, 1, p->buf, ROOM), &why),
		-EBADMSG);
	for (size_t i = 0; i <= ARCHIVE_ENTRIES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		parts[i] = (struct zip_part){.name = names[i], .data = ""};
	}
	assert_int_equal(
		archive_open_bytes(&a, p->buf,
	                           zip_make(parts, ARCHIVE_ENTRIES_MAX + 1, p->buf, ROOM),
	                           &why),
		-EBADMSG);
	assert_int_equal(
		archive_open_bytes(&a, p->buf,
	                           zip_make(parts, ARCHIVE_ENTRIES_MAX, p->buf, ROOM),
	                           &why),
		0);
	archive_close(a);
	assert_int_equal(
		archive_open_bytes(&a, p->buf, zip_make(parts, 0, p->buf, ROOM), &why),
		-EBADMSG);
	free(parts);
	free(names);
}

static void lies_about_sizes_and_sums_are_found_on_reading(void **state)
{
	static const struct {
		const char *name;
		struct zip_part part;
	} cases[] = {
		{"longer than it is",
	         {.name = "a", .data = "abcd", .n = 4, .said_size = 5}},
		{"shorter than it is",
	         {.name = "a", .data = "abcd", .n = 4, .said_size = 3}},
		{"other checksum",
	         {.name = "a", .data = "abcd", .n = 4, .said_crc_xor = 1}},
		{"not packed as it says",
	         {.name = "a", .data = "abcd", .n = 4, .said_method = 8}},
	};
	struct place *p = *state;
	struct archive_error why;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = zip_make(&cases[i].part, 1, p->buf, ROOM), n;
		struct archive *a;
		char *bytes;

		if (archive_open_bytes(&a, p->buf, size, &why)) {
			continue; /* seen already */
		}
		if (archive_read(a, 0, 100, &bytes, &n) != -EBADMSG) {
			fail_msg("%s: read", cases[i].name);
		}
		if (archive_unpack(a, 0, p->into) != -EBADMSG) {
			fail_msg("%s: unpacked", cases[i].name);
		}
		assert_int_equal(unlinkat(p->into, "a", 0), 0);
		archive_close(a);
	}
}

/* Cut anywhere, or with a byte changed anywhere: refused, or unpacked to where it
 * belongs. */
static void damaged_archives_stay_inside(void **state)
{
	static const struct zip_part parts[] = {
		GOOD,
		{.name = "resources/deep/a.txt", .data = "hello", .n = 5},
		{.name = "binaries/", .data = "", .mode = S_IFDIR | 0755},
	};
	struct place *p = *state;
	size_t n = zip_make(parts, 3, p->buf, ROOM);
	uint8_t *copy = malloc(n);
	struct archive_error why;
	struct archive *a;

	assert_non_null(copy);
	for (size_t cut = 0; cut < n; cut++) {
		memcpy(copy, p->buf, cut);
		if (archive_open_bytes(&a, copy, cut, &why) == 0) {
			fail_msg("cut to %zu of %zu bytes: opened", cut, n);
		}
	}
	for (size_t at = 0; at < n * 8; at++) {
		memcpy(copy, p->buf, n);
		copy[at / 8] ^= (uint8_t)(1u << at % 8);
		if (archive_open_bytes(&a, copy, n, &why) == 0) {
			unpack_all(p, a);
			archive_close(a);
		}
	}
	assert_nothing_outside(p, "one bit is another");
	free(copy);
}

static void link_on_the_way_is_not_followed(void **state)
{
	static const struct zip_part part = {
		.name = "resources/a.txt", .data = "hello", .n = 5};
	struct place *p = *state;
	struct archive_error why;
	struct archive *a;

	assert_int_equal(symlinkat("..", p->into, "resources"), 0);
	assert_int_equal(
		archive_open_bytes(&a, p->buf, zip_make(&part, 1, p->buf, ROOM), &why),
		0);
	assert_true(archive_unpack(a, 0, p->into) < 0);
	assert_nothing_outside(p, "link");
	assert_int_equal(unlinkat(p->into, "resources", 0), 0);
	assert_int_equal(archive_unpack(a, 0, p->into), 0);
	assert_int_equal(archive_unpack(a, 0, p->into), -EEXIST);
	archive_close(a);
}

static void bomb_of_libzip_is_refused(void **state)
{
	struct place *p = *state;
	char path[80], *zeros = calloc(1, 8 << 20);
	struct archive_error why;
	struct archive *a;
	zip_t *zip;

	assert_non_null(zeros);
	snprintf(path, sizeof(path), "%s/into/bomb.fmu", p->root);
	zip = zip_open(path, ZIP_CREATE, NULL);
	assert_non_null(zip);
	assert_true(zip_file_add(zip, "a", zip_source_buffer(zip, zeros, 8 << 20, 0),
	                         0) >= 0);
	assert_int_equal(zip_close(zip), 0);
	assert_int_equal(archive_open(&a, path, &why), -EBADMSG);
	assert_string_equal(why.text, "entry 'a' is packed beyond a ratio of 200");
	free(zeros);
}

static void good_archive_is_read_and_unpacked(void **state)
{
	struct place *p = *state;
	char path[80], text[40000], *bytes;
	struct archive_error why;
	struct archive *a;
	struct stat st;
	zip_t *zip;
	size_t n;

	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (char)('a' + i * i % 23);
	}
	snprintf(path, sizeof(path), "%s/into/good.fmu", p->root);
	zip = zip_open(path, ZIP_CREATE, NULL);
	assert_non_null(zip);
	assert_true(zip_dir_add(zip, "resources", 0) >= 0);
	assert_true(zip_file_add(zip, "resources/a b/c",
	                         zip_source_buffer(zip, text, sizeof(text), 0), 0) >= 0);
	assert_int_equal(zip_close(zip), 0);
	assert_int_equal(archive_open(&a, path, &why), 0);
	assert_int_equal(archive_find(a, "resources/"), 0);
	assert_int_equal(archive_find(a, "resources/a b/c"), 1);
	assert_int_equal(archive_find(a, "resources/a"), -1);
	assert_int_equal(archive_size(a, 1), sizeof(text));
	assert_int_equal(archive_read(a, 1, sizeof(text) - 1, &bytes, &n), -EFBIG);
	assert_int_equal(archive_read(a, 1, sizeof(text), &bytes, &n), 0);
	assert_int_equal(n, sizeof(text));
	assert_memory_equal(bytes, text, n);
	free(bytes);
	assert_int_equal(archive_unpack(a, 0, p->into), 0);
	assert_int_equal(archive_unpack(a, 1, p->into), 0);
	assert_int_equal(fstatat(p->into, "resources/a b/c", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, sizeof(text));
	archive_close(a);
}

static void what_is_no_archive_says_so(void **state)
{
	struct archive_error why;
	struct archive *a;

	(void)state;
	assert_int_equal(archive_open(&a, "/nowhere/at/all.fmu", &why), -ENOENT);
	assert_int_equal(archive_open(&a, "/tmp", &why), -EISDIR);
	assert_int_equal(archive_open(&a, "/dev/null", &why), -EINVAL);
	assert_int_equal(archive_open_bytes(&a, "no archive", 10, &why), -EBADMSG);
	assert_int_equal(archive_open_bytes(&a, "", 0, &why), -EBADMSG);
	archive_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hostile_archives_are_refused, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(
			long_names_and_too_many_entries_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			lies_about_sizes_and_sums_are_found_on_reading, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(damaged_archives_stay_inside, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(link_on_the_way_is_not_followed, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(bomb_of_libzip_is_refused, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(good_archive_is_read_and_unpacked, set_up,
	                                        tear_down),
		cmocka_unit_test(what_is_no_archive_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
