/*
 * Tests of src/lang/monpoly*.c and of both evaluators on other people's cases, whose verdicts a
 * formally verified monitor made. The naive evaluator takes the square of the length of a log or
 * more, so it leaves out the long ones; how many is printed.
 */
#include <dirent.h>

#include "base/io.h"
#include "engine/eval.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 30, TEXT_MAX = 1 << 26, WORDS_MAX = 20000, NAIVE_TUPLES_MAX = 1500 };

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

/* What became of the cases of one folder. */
struct tally {
    int passed;
    int skipped; /* by the naive evaluator: the log is too long */
    int failed;
};

static bool read_text(const char *folder, const char *name, struct fb_buf *out)
{
    char path[4800];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fb_buf_init(out, TEXT_MAX);
    return fb_io_read(path, out, &err) == FB_OK;
}

/* The words of a verdict line, sorted: the order of tuples is free. */
static int by_text(const void *a, const void *b)
{
    return fb_str_cmp(*(const struct fb_str *)a, *(const struct fb_str *)b);
}

static size_t split(struct fb_str line, struct fb_str *out, size_t max)
{
    size_t count = 0;
    size_t start = 0;
    int depth = 0;
    for (size_t i = 0; i <= line.len; i++) {
        char c = i < line.len ? line.ptr[i] : ' ';
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ' ' && depth == 0) {
            struct fb_str word = fb_str_sub(line, start, i - start);
            if (word.len) {
                assert_true(count < max);
                out[count++] = word;
            }
            start = i + 1;
        }
    }
    qsort(out, count, sizeof(*out), by_text);
    return count;
}

static bool same_line(struct fb_str a, struct fb_str b)
{
    static struct fb_str words[2][WORDS_MAX];
    size_t count = split(a, words[0], WORDS_MAX);
    if (split(b, words[1], WORDS_MAX) != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!fb_str_eq(words[0][i], words[1][i])) {
            return false;
        }
    }
    return true;
}

static bool same_verdicts(struct fb_str got, struct fb_str want)
{
    struct fb_str a;
    struct fb_str b;
    for (;;) {
        bool more_a = fb_str_line(&got, &a);
        bool more_b = fb_str_line(&want, &b);
        while (more_a && fb_str_trim(a).len == 0) {
            more_a = fb_str_line(&got, &a);
        }
        while (more_b && fb_str_trim(b).len == 0) {
            more_b = fb_str_line(&want, &b);
        }
        if (!more_a || !more_b) {
            return more_a == more_b;
        }
        if (!same_line(a, b)) {
            return false;
        }
    }
}

static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)ctx;
    (void)line;
    (void)e;
    return FB_OK;
}

/* The files of a case. */
struct texts {
    const char *name;
    struct fb_buf sig;
    struct fb_buf formula;
    struct fb_buf log;
    struct fb_buf expected;
    bool negate;
};

/* Runs a case by one evaluator; *out_skipped when it is too long for the naive one. */
static enum fb_code monitor(
    const struct texts *t, bool naive, bool *out_skipped, struct fb_buf *out)
{
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_trace trace = {0};
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_monpoly_signature(fb_buf_str(&t->sig), &arena, &signature, &err);
    code =
        code ? code
             : fb_monpoly_formula_read(fb_buf_str(&t->formula), &signature, &arena, &formula, &err);
    code = code || !t->negate ? code : fb_monpoly_negate(&formula, &arena, &err);
    code = code ? code : fb_form_check(formula.plain.form, NULL, 0, &err);
    if (code == FB_OK && naive) {
        code = fb_monpoly_log(fb_buf_str(&t->log), &signature, &arena, &trace, &err);
        *out_skipped = trace.tuple_count > NAIVE_TUPLES_MAX;
        code = code || *out_skipped ? code : fb_monpoly_run(&formula, &trace, ARENA_MAX, out, &err);
    } else if (code == FB_OK) {
        struct fb_monpoly_stream stream = {.sink = keep, .line = out};
        code = fb_monpoly_run_quick(&formula, &signature, fb_buf_str(&t->log), &stream, &err);
    }
    fb_arena_release(&arena);
    return code;
}

static void run_one(const struct texts *t, bool naive, struct tally *tally)
{
    bool skipped = false;
    struct fb_buf got;
    fb_buf_init(&got, TEXT_MAX);
    enum fb_code code = monitor(t, naive, &skipped, &got);
    bool same = code == FB_OK && same_verdicts(fb_buf_str(&got), fb_buf_str(&t->expected));
    if (skipped) {
        tally->skipped++;
    } else if (same) {
        tally->passed++;
    } else {
        printf("# FAILED %s%s: %s %s\n# got\n%.*s\n# want\n%.*s\n", t->name, naive ? ", naive" : "",
            fb_code_name(code), code ? err.message : "",
            FB_STR_ARG(fb_str_sub(fb_buf_str(&got), 0, 400)),
            FB_STR_ARG(fb_str_sub(fb_buf_str(&t->expected), 0, 400)));
        tally->failed++;
    }
    fb_buf_release(&got);
}

/* Runs a case by both. */
static void run_texts(struct texts *t, struct tally *tallies)
{
    run_one(t, false, &tallies[0]);
    run_one(t, true, &tallies[1]);
    fb_buf_release(&t->sig);
    fb_buf_release(&t->formula);
    fb_buf_release(&t->log);
    fb_buf_release(&t->expected);
}

static void say(const char *name, const struct tally *tallies)
{
    for (int i = 0; i < 2; i++) {
        printf("# %s%s: %d passed, %d failed, %d too long\n", name, i ? ", naive" : "",
            tallies[i].passed, tallies[i].failed, tallies[i].skipped);
        assert_int_equal(tallies[i].failed, 0);
    }
}

/* The folder data/monitor/NAME, or a skipped test. */
static void folder_of(const char *name, const char *probe, char *out, size_t size)
{
    char path[4096];
    char relative[200];
    snprintf(relative, sizeof(relative), "data/monitor/%s/%s", name, probe);
    if (!fb_test_shared(relative, path, sizeof(path))) {
        skip();
    }
    const char *root = getenv("FB_SHARED");
    snprintf(out, size, "%s/data/monitor/%s", root ? root : "../shared", name);
}

static void run_folder(const char *name, const char *probe, int least)
{
    struct tally tallies[2] = {{0}, {0}};
    char folder[4200];
    folder_of(name, probe, folder, sizeof(folder));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4600];
        struct texts t = {.name = entry->d_name};
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && read_text(path, "formula", &t.formula)) {
            assert_true(read_text(path, "sig", &t.sig) && read_text(path, "trace", &t.log));
            assert_true(read_text(path, "expected", &t.expected));
            run_texts(&t, tallies);
        }
    }
    closedir(dir);
    say(name, tallies);
    assert_true(tallies[0].passed >= least);
    assert_true(tallies[1].passed + tallies[1].skipped == tallies[0].passed);
}

static void test_corpus(void **state)
{
    (void)state;
    run_folder("cases/cases-corpus", "test01__0/sig", 235);
}

static void test_regression(void **state)
{
    (void)state;
    run_folder("cases/cases-regression", "lock_agg__0/sig", 3);
}

static void test_freeze(void **state)
{
    (void)state;
    run_folder("cases/cases-frz", "frz01/sig", 53);
}

static void test_gdpr(void **state)
{
    (void)state;
    static const char *const names[] = {"consent", "deletion", "information"};
    struct tally tallies[2] = {{0}, {0}};
    char folder[4200];
    folder_of("gdpr", "gdpr.log", folder, sizeof(folder));
    for (size_t i = 0; i < 3; i++) {
        struct texts t = {.name = names[i], .negate = true};
        char name[64];
        assert_true(read_text(folder, "gdpr.sig", &t.sig) && read_text(folder, "gdpr.log", &t.log));
        snprintf(name, sizeof(name), "%s.mfotl", names[i]);
        assert_true(read_text(folder, name, &t.formula));
        snprintf(name, sizeof(name), "%s.out", names[i]);
        assert_true(read_text(folder, name, &t.expected));
        run_texts(&t, tallies);
    }
    say("gdpr", tallies);
}

/* The long logs of ../shared/data/monitor/bench, which `flyball bench engine` times. */
static void test_bench(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"D1", "D", "D"}, {"D2", "D", "D"}, {"D3", "D", "D"},
        {"P1", "P", "P1"}, {"P2", "P", "P2"}, {"acc1", "acc", "acc1"}, {"fil1", "fil", "fil1"}};
    struct tally tallies[2] = {{0}, {0}};
    char folder[4200];
    folder_of("bench", "D.log", folder, sizeof(folder));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct texts t = {.name = cases[i][0]};
        char name[64];
        bool own = cases[i][0][0] == 'a' || cases[i][0][0] == 'f';
        snprintf(name, sizeof(name), "%s.sig", cases[i][1]);
        assert_true(read_text(folder, name, &t.sig));
        snprintf(name, sizeof(name), "%s.mfotl", own ? cases[i][1] : cases[i][0]);
        assert_true(read_text(folder, name, &t.formula));
        snprintf(name, sizeof(name), "%s.log", cases[i][2]);
        assert_true(read_text(folder, name, &t.log));
        snprintf(name, sizeof(name), "%s.expected", cases[i][0]);
        assert_true(read_text(folder, name, &t.expected));
        run_texts(&t, tallies);
    }
    say("bench", tallies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_regression), cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_gdpr), cmocka_unit_test(test_bench)};
    return cmocka_run_group_tests_name("cases", tests, setup, NULL);
}
