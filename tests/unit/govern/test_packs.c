/*
 * The rule packs that ship: each compiles, is in the one format, has tests, which hold, and says of
 * every rule where it comes from. packs/coverage.csv says which rule says which obligation of the
 * shared table, or why none does. A rule that can be late has a history in time, and one too late.
 *
 * packs/histories.csv names for each obligation the test block that shows it, and three moments:
 * when it triggers, when it is late, when it relaxes. The block has to expect each of them, and the
 * second before each is asked as well: nothing is owed yet, it is not late yet, it still binds.
 */
#include <dirent.h>

#include "base/io.h"
#include "base/map.h"
#include "engine/slice.h"
#include "fb_test.h"
#include "govern/policy_test.h"
#include "govern/test_history.h"
#include "ingest/csv.h"

static struct fb_err err;
static struct fb_policy_errors errors;

/** A pack, read, compiled and run. */
struct pack {
    char file[512]; /**< below packs/, as "eu/gpai-code.fly" */
    struct fb_buf text;
    struct fb_arena arena;
    struct fb_program *program;
    struct fb_policy_results results;
    struct pack *next;
};

static struct pack *packs;

static const char *source(const char *relative, char path[4096])
{
    const char *root = getenv("FB_SOURCE_ROOT");
    snprintf(path, 4096, "%s/%s", root ? root : ".", relative);
    return path;
}

static void must(enum fb_code code, const char *file)
{
    if (code != FB_OK) {
        fail_msg("%s:%u: %s", file, errors.items[0].line, errors.items[0].message);
    }
}

static void read_pack(const char *folder, const char *name)
{
    char relative[1024], path[4096];
    struct pack *pack = calloc(1, sizeof(*pack));
    assert_non_null(pack);
    snprintf(pack->file, sizeof(pack->file), "%s/%s", folder, name);
    snprintf(relative, sizeof(relative), "packs/%s", pack->file);
    fb_buf_init(&pack->text, FB_POLICY_TEXT_MAX);
    fb_arena_init(&pack->arena, (size_t)1 << 28);
    FB_TEST_OK(fb_io_read(source(relative, path), &pack->text, &err));
    struct fb_str text = fb_buf_str(&pack->text);
    must(fb_policy_compile(text, pack->file, &pack->arena, &pack->program, &errors), pack->file);
    must(fb_policy_test_run(text, pack->file, &pack->arena, &pack->results, &errors), pack->file);
    pack->next = packs;
    packs = pack;
}

static int each_folder(void (*use)(const char *folder, const char *name))
{
    char path[4096];
    int files = 0;
    DIR *top = opendir(source("packs", path));
    assert_non_null(top);
    for (struct dirent *one = readdir(top); one; one = readdir(top)) {
        char below[1024];
        snprintf(below, sizeof(below), "packs/%s", one->d_name);
        DIR *folder = one->d_name[0] == '.' ? NULL : opendir(source(below, path));
        for (struct dirent *file = folder ? readdir(folder) : NULL; file; file = readdir(folder)) {
            if (fb_str_ends(fb_str_of(file->d_name), FB_STR(".fly"))) {
                use(one->d_name, file->d_name);
                files++;
            }
        }
        if (folder) {
            closedir(folder);
        }
    }
    closedir(top);
    return files;
}

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return each_folder(read_pack) > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    while (packs) {
        struct pack *pack = packs;
        packs = pack->next;
        fb_buf_release(&pack->text);
        fb_arena_release(&pack->arena);
        free(pack);
    }
    return 0;
}

static void test_tests_hold(void **state)
{
    (void)state;
    size_t files = 0, expectations = 0;
    for (const struct pack *pack = packs; pack; pack = pack->next, files++) {
        for (size_t i = 0; i < pack->results.count; i++) {
            const struct fb_policy_result *result = &pack->results.items[i];
            if (!result->holds) {
                fail_msg("%s: %.*s: instead %.*s", pack->file, FB_STR_ARG(result->expect->text),
                    FB_STR_ARG(result->instead));
            }
        }
        assert_true(pack->results.count > 0);
        expectations += pack->results.count;
    }
    assert_true(files >= 15 && expectations >= 150);
}

static void test_format(void **state)
{
    (void)state;
    for (const struct pack *pack = packs; pack; pack = pack->next) {
        struct fb_buf once;
        fb_buf_init(&once, FB_POLICY_TEXT_MAX * 4);
        must(fb_policy_format(fb_buf_str(&pack->text), pack->file, &once, &errors), pack->file);
        if (!fb_str_eq(fb_buf_str(&once), fb_buf_str(&pack->text))) {
            fail_msg("packs/%s is not in the one format", pack->file);
        }
        fb_buf_release(&once);
    }
}

static void test_sources(void **state)
{
    (void)state;
    for (const struct pack *pack = packs; pack; pack = pack->next) {
        const struct fb_program *program = pack->program;
        assert_true(program->source.len > 0 && program->effective != FB_TIME_MIN);
        for (size_t i = 0; i < program->duty_count; i++) {
            if (program->duties[i].source.len == 0 || program->duties[i].surety.len == 0) {
                fail_msg("packs/%s: rule %.*s does not say its source and confidence", pack->file,
                    FB_STR_ARG(program->duties[i].name));
            }
        }
        for (size_t i = 0; i < program->redline_count; i++) {
            assert_true(program->redlines[i].source.len > 0 && program->redlines[i].surety.len > 0);
        }
    }
}

/* What recurs has an end: the record that it is about, or a date (the note of lang/lint.c). */
static void test_ends(void **state)
{
    (void)state;
    static struct fb_policy_errors notes;
    size_t recurring = 0;
    for (const struct pack *pack = packs; pack; pack = pack->next) {
        struct fb_arena arena;
        struct fb_program *program = NULL;
        fb_arena_init(&arena, (size_t)1 << 28);
        must(fb_policy_review(
                 fb_buf_str(&pack->text), pack->file, &arena, &program, &notes, &errors),
            pack->file);
        for (size_t i = 0; i < program->duty_count; i++) {
            recurring += program->duties[i].every > 0;
        }
        for (size_t i = 0; i < notes.count; i++) {
            if (strstr(notes.items[i].message, "recurs without end")) {
                fail_msg(
                    "packs/%s:%u: %s", pack->file, notes.items[i].line, notes.items[i].message);
            }
        }
        fb_arena_release(&arena);
    }
    assert_true(recurring >= 9);
}

static const struct pack *pack_named(struct fb_str file)
{
    const struct pack *pack = packs;
    while (pack && !fb_str_is(file, pack->file)) {
        pack = pack->next;
    }
    return pack;
}

static const struct fb_duty *duty_named(const struct pack *pack, struct fb_str rule)
{
    for (size_t i = 0; i < pack->program->duty_count; i++) {
        if (fb_str_eq(pack->program->duties[i].name, rule)) {
            return &pack->program->duties[i];
        }
    }
    return NULL;
}

/* True when the rule is no duty but a definition, how long documents are kept, or the name of what
 * a breach leads to. */
static bool is_other(const struct pack *pack, struct fb_str rule)
{
    char let[256];
    snprintf(let, sizeof(let), "\nlet %.*s(", FB_STR_ARG(rule));
    bool found = memmem(pack->text.ptr, pack->text.len, let, strlen(let)) != NULL;
    found = found || (pack->program->retain_count > 0 && fb_str_is(rule, "retain"));
    for (size_t i = 0; i < pack->program->duty_count; i++) {
        found = found || fb_str_eq(pack->program->duties[i].lest_text, rule);
    }
    return found;
}

/* One history in time and one that is not, where the rule can be late at all. */
static void check_histories(const struct pack *pack, const struct fb_duty *duty)
{
    bool good = false, bad = false;
    bool can_be_late = duty->modality != FB_MUST || duty->within_count > 0 || duty->before;
    can_be_late = can_be_late && pack->program->effective != FB_TIME_MAX;
    for (size_t i = 0; i < pack->results.count; i++) {
        const struct fb_expect *expect = pack->results.items[i].expect;
        if (!fb_str_eq(expect->rule, duty->name)) {
            continue;
        }
        bool duties = expect->kind == FB_EXPECT_DUTY;
        good = good || !duties || expect->duty == FB_DUTY_MET || expect->duty == FB_DUTY_HELD ||
               expect->duty == FB_DUTY_OWED;
        bad = bad || (duties && expect->since != FB_TIME_MIN &&
                         (expect->duty == FB_DUTY_OVERDUE || expect->duty == FB_DUTY_BROKEN ||
                             expect->duty == FB_DUTY_MET_LATE));
    }
    if (!good || (can_be_late && !bad)) {
        fail_msg("packs/%s: rule %.*s has no history that is %s", pack->file,
            FB_STR_ARG(duty->name), good ? "late, to the moment" : "in time");
    }
}

/* Reads a table and hands each row's fields 0 to 3, and the last, to use. */
static void each_row(const char *path, void (*use)(const struct fb_csv *csv))
{
    static struct fb_csv csv;
    struct fb_buf text;
    bool more = true;
    fb_buf_init(&text, 1 << 20);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    FB_TEST_OK(fb_csv_start(&csv, fb_buf_str(&text), path, &err));
    for (;;) {
        FB_TEST_OK(fb_csv_next(&csv, &more, &err));
        if (!more) {
            break;
        }
        use(&csv);
    }
    fb_csv_release(&csv);
    fb_buf_release(&text);
}

static struct fb_map covered;
static struct fb_arena covered_arena;
static size_t unsayable;

static void take_coverage(const struct fb_csv *csv)
{
    struct fb_str id = csv->fields[0], file = csv->fields[1], rule = csv->fields[2], key;
    if (fb_map_get(&covered, id)) {
        fail_msg("coverage.csv:%u: %.*s stands twice", csv->line, FB_STR_ARG(id));
    }
    FB_TEST_OK(fb_arena_str(&covered_arena, id, &key, &err));
    FB_TEST_OK(fb_map_put(&covered, key, &covered, &err));
    if (file.len == 0) {
        assert_true(rule.len == 0 && fb_str_starts(csv->fields[3], FB_STR("unsayable: ")));
        unsayable++;
        return;
    }
    const struct pack *pack = pack_named(file);
    const struct fb_duty *duty = pack ? duty_named(pack, rule) : NULL;
    if (!pack || (!duty && !is_other(pack, rule))) {
        fail_msg("coverage.csv:%u: there is no rule '%.*s' in packs/%.*s", csv->line,
            FB_STR_ARG(rule), FB_STR_ARG(file));
    }
    if (duty) {
        check_histories(pack, duty);
    }
}

static void take_obligation(const struct fb_csv *csv)
{
    struct fb_str sure = csv->fields[csv->count - 1];
    if (fb_str_starts(sure, FB_STR("high")) && !fb_map_get(&covered, csv->fields[0])) {
        fail_msg("no rule says obligation %.*s, nor why not", FB_STR_ARG(csv->fields[0]));
    }
}

static void test_coverage(void **state)
{
    (void)state;
    char path[4096];
    fb_map_init(&covered);
    fb_arena_init(&covered_arena, 1 << 20);
    unsayable = 0;
    each_row(source("packs/coverage.csv", path), take_coverage);
    assert_true(covered.count >= 45 && unsayable <= 4);
    if (fb_test_shared("data/registry/obligations.csv", path, sizeof(path))) {
        each_row(path, take_obligation);
    }
    fb_map_release(&covered);
    fb_arena_release(&covered_arena);
}

/* What holds of the obligation of an expectation at a moment: a bit for each status that it has. */
static unsigned statuses_at(
    const struct pack *pack, const struct fb_test *test, const struct fb_expect *expect, fb_time at)
{
    struct fb_test_history history = {
        .test = test, .policy = fb_buf_str(&pack->text), .name = pack->file};
    struct fb_arena scratch;
    struct fb_picture picture;
    struct fb_registry *registry = NULL;
    unsigned found = 0;
    fb_arena_init(&scratch, (size_t)1 << 28);
    FB_TEST_OK(fb_test_history_build(&history, at, &scratch, &registry, &err));
    struct fb_govern_input input = {.registry = registry,
        .now = at,
        .as_of = FB_TIME_MAX,
        .read_blob = fb_test_history_blob,
        .blob_ctx = &history};
    FB_TEST_OK(fb_govern_evaluate(&input, &scratch, &picture, &err));
    for (size_t i = 0; i < picture.duty_count; i++) {
        const struct fb_obligation *obligation = &picture.duties[i].obligation;
        const struct fb_word *arg = expect->args;
        bool same = fb_str_eq(obligation->duty->name, expect->rule);
        for (size_t k = 0; same && k < obligation->duty->param_count && arg; k++) {
            struct fb_str id = obligation->bindings[k].u.text;
            size_t slash = fb_str_find(id, '/', 0);
            same =
                fb_str_eq(id, arg->text) || fb_str_eq(fb_str_sub(id, slash + 1, id.len), arg->text);
            arg = arg->next;
        }
        found |= same ? 1U << obligation->status : 0;
    }
    fb_registry_free(registry);
    fb_arena_release(&scratch);
    return found;
}

enum {
    OPEN = 1U << FB_DUTY_OWED | 1U << FB_DUTY_HELD | 1U << FB_DUTY_UNDATED,
    LATE = 1U << FB_DUTY_OVERDUE | 1U << FB_DUTY_BROKEN | 1U << FB_DUTY_MET_LATE,
    ENDED = 1U << FB_DUTY_RELAXED | 1U << FB_DUTY_WAIVED,
};

/* A column of the table: which expectations show its moment, and what holds before it and at it. */
struct column {
    const char *name;
    unsigned field;
    unsigned shown;  /* statuses that an expectation of it may have */
    unsigned before; /* some of these hold a second before; 0: nothing does */
    unsigned not_before;
    unsigned at;
};

static const struct column columns[] = {
    {"triggers", 5, OPEN, 0, ~0U, OPEN},
    {"is late", 6, LATE, OPEN, LATE, LATE},
    {"relaxes", 7, ENDED, OPEN | LATE, ENDED, ENDED},
};

/* A moment as policies and the table write it. */
static struct fb_str moment_text(fb_time t, char text[FB_TIME_TEXT])
{
    struct fb_str shown = fb_str_of(fb_time_format_short(t, text));
    return t % FB_DAY ? shown : fb_str_sub(shown, 0, strlen("2026-03-01"));
}

/* The moment at which an expectation says that the status of its column begins. */
static fb_time moment_of(const struct fb_expect *expect)
{
    return expect->duty == FB_DUTY_WAIVED ? expect->at : expect->since;
}

static const struct fb_test *test_titled(const struct pack *pack, struct fb_str title)
{
    for (size_t i = 0; i < pack->results.count; i++) {
        if (fb_str_eq(pack->results.items[i].test->title, title)) {
            return pack->results.items[i].test;
        }
    }
    return NULL;
}

/* True when a rule of this kind can have no such moment, or the table says why it has none. */
static void check_absent(const struct fb_csv *csv, const struct pack *pack,
    const struct fb_duty *duty, const struct column *column)
{
    struct fb_str cell = csv->fields[column->field];
    if (!fb_str_starts(cell, FB_STR("no: ")) || cell.len < strlen("no: ") + 10) {
        fail_msg("histories.csv:%u: %.*s: neither a moment at which it %s, nor why there is none",
            csv->line, FB_STR_ARG(csv->fields[0]), column->name);
    }
    bool in_force = pack && pack->program->effective != FB_TIME_MAX;
    bool can = in_force && (column->field == 5 ||
                               (column->field == 6 && (duty->modality != FB_MUST ||
                                                          duty->within_count > 0 || duty->before)));
    if (can) {
        fail_msg("histories.csv:%u: %.*s: a moment at which it %s has to be shown", csv->line,
            FB_STR_ARG(csv->fields[0]), column->name);
    }
}

static void check_moment(const struct fb_csv *csv, const struct pack *pack,
    const struct fb_test *test, const struct column *column)
{
    char text[FB_TIME_TEXT];
    size_t shown = 0;
    for (const struct fb_expect *e = test->expects; e; e = e->next) {
        if (e->kind != FB_EXPECT_DUTY || !fb_str_eq(e->rule, csv->fields[3]) ||
            !((1U << e->duty) & column->shown) || moment_of(e) == FB_TIME_MIN ||
            !fb_str_eq(moment_text(moment_of(e), text), csv->fields[column->field])) {
            continue;
        }
        unsigned before = statuses_at(pack, test, e, moment_of(e) - FB_SECOND);
        unsigned at = statuses_at(pack, test, e, moment_of(e));
        if ((column->before && !(before & column->before)) || (before & column->not_before) ||
            !(at & column->at)) {
            fail_msg("packs/%s:%u: %.*s: it %s not just then (statuses %x, a second before %x)",
                pack->file, e->span.line, FB_STR_ARG(e->text), column->name, at, before);
        }
        shown++;
    }
    if (shown == 0) {
        fail_msg("histories.csv:%u: the test \"%.*s\" of packs/%s does not show when %.*s %s",
            csv->line, FB_STR_ARG(test->title), pack->file, FB_STR_ARG(csv->fields[3]),
            column->name);
    }
}

static size_t moments;

static void take_history(const struct fb_csv *csv)
{
    struct fb_str id = csv->fields[0], key;
    assert_int_equal(csv->count, 8);
    if (fb_map_get(&covered, id)) {
        fail_msg("histories.csv:%u: %.*s stands twice", csv->line, FB_STR_ARG(id));
    }
    FB_TEST_OK(fb_arena_str(&covered_arena, id, &key, &err));
    FB_TEST_OK(fb_map_put(&covered, key, &covered, &err));
    const struct pack *pack = csv->fields[1].len ? pack_named(csv->fields[1]) : NULL;
    const struct fb_duty *duty = pack ? duty_named(pack, csv->fields[3]) : NULL;
    const struct fb_test *test = pack ? test_titled(pack, csv->fields[4]) : NULL;
    if (csv->fields[1].len &&
        (!duty || !test || !fb_str_eq(pack->program->name, csv->fields[2]) ||
            !fb_str_starts(test->title, id) ||
            !fb_str_starts(fb_str_sub(test->title, id.len, test->title.len), FB_STR(": ")))) {
        fail_msg("histories.csv:%u: no such pack, policy, rule or test of %.*s", csv->line,
            FB_STR_ARG(id));
    }
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        struct fb_str cell = csv->fields[columns[i].field];
        if (!duty || cell.len == 0 || cell.ptr[0] < '0' || cell.ptr[0] > '9') {
            check_absent(csv, pack, duty, &columns[i]);
        } else {
            check_moment(csv, pack, test, &columns[i]);
            moments++;
        }
    }
}

static void take_uncovered(const struct fb_csv *csv)
{
    if (!fb_map_get(&covered, csv->fields[0])) {
        fail_msg("no line of histories.csv says which test shows obligation %.*s",
            FB_STR_ARG(csv->fields[0]));
    }
}

static void take_obligation_history(const struct fb_csv *csv)
{
    if (fb_str_starts(csv->fields[csv->count - 1], FB_STR("high"))) {
        take_uncovered(csv);
    }
}

static void test_histories(void **state)
{
    (void)state;
    char path[4096];
    fb_map_init(&covered);
    fb_arena_init(&covered_arena, 1 << 20);
    moments = 0;
    each_row(source("packs/histories.csv", path), take_history);
    each_row(source("packs/coverage.csv", path), take_uncovered);
    assert_true(moments >= 125);
    if (fb_test_shared("data/registry/obligations.csv", path, sizeof(path))) {
        each_row(path, take_obligation_history);
    }
    fb_map_release(&covered);
    fb_arena_release(&covered_arena);
}

/* What became of an obligation is found from its own facts, whatever else a docket holds. */
static void test_sliced(void **state)
{
    (void)state;
    for (const struct pack *pack = packs; pack; pack = pack->next) {
        for (size_t i = 0; i < pack->program->duty_count; i++) {
            enum fb_slicing slicing = FB_WHOLE_BY_NAMES;
            FB_TEST_OK(fb_duty_slicing(&pack->program->duties[i], &slicing, &err));
            if (slicing != FB_SLICED) {
                fail_msg("%s: duty %zu is not sliced", pack->file, i);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tests_hold),
        cmocka_unit_test(test_format), cmocka_unit_test(test_ends), cmocka_unit_test(test_sources),
        cmocka_unit_test(test_coverage), cmocka_unit_test(test_histories),
        cmocka_unit_test(test_sliced)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
