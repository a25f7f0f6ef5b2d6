/*
 * The rule packs that ship: each compiles, is in the one format, has tests, which hold, and says of
 * every rule where it comes from. packs/coverage.csv says which rule says which obligation of the
 * shared table, or why none does. A rule that can be late has a history in time, and one too late.
 */
#include <dirent.h>

#include "base/io.h"
#include "base/map.h"
#include "fb_test.h"
#include "govern/policy_test.h"
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

/* True when the rule is no duty but a definition, or the name of what a breach leads to. */
static bool is_other(const struct pack *pack, struct fb_str rule)
{
    char let[256];
    snprintf(let, sizeof(let), "\nlet %.*s(", FB_STR_ARG(rule));
    bool found = memmem(pack->text.ptr, pack->text.len, let, strlen(let)) != NULL;
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tests_hold),
        cmocka_unit_test(test_format), cmocka_unit_test(test_sources),
        cmocka_unit_test(test_coverage)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
