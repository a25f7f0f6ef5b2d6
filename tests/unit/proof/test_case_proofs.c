/*
 * Proofs of other people's cases (../shared/data/monitor/cases): each verdict has one that the
 * checker accepts, and each time-point without a verdict has a proof that there is none. That the
 * verdicts are those that come with the cases is tested in tests/unit/lang/test_cases.c.
 */
#include <dirent.h>

#include "base/io.h"
#include "engine/eval.h"
#include "fb_test.h"
#include "lang/monpoly.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 30, TEXT_MAX = 1 << 26, TUPLES_MAX = 1500, POINTS_MAX = 400 };

static struct fb_err err;

static struct {
    int cases;
    int too_long;
    size_t verdicts;
    size_t none;
} tally;

static bool read_text(const char *folder, const char *name, struct fb_buf *out)
{
    char path[4800];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fb_buf_init(out, TEXT_MAX);
    return fb_io_read(path, out, &err) == FB_OK;
}

static void prove(
    const char *folder, const struct fb_proof_claim *claim, const struct fb_trace *trace)
{
    struct fb_arena arena;
    struct fb_proof_step *proof = NULL;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    enum fb_code code = fb_prove(claim, trace, &arena, &proof, &err);
    if (code || !proof) {
        fail_msg("%s: time-point %zu: %s", folder, claim->tp, code ? err.message : "no proof");
    }
    if (fb_proof_check(claim, proof, trace, &err) != FB_OK) {
        fail_msg("%s: time-point %zu: %s", folder, claim->tp, err.message);
    }
    fb_arena_release(&arena);
}

/* All that a formula says at a time-point. */
static void prove_point(
    const char *folder, const struct fb_monpoly_body *body, const struct fb_trace *trace, size_t tp)
{
    struct fb_arena arena;
    struct fb_table table = {0};
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(
        fb_eval_naive_rows(body->form, trace, tp, body->var_count, NULL, &arena, &table, &err));
    for (size_t i = 0; i < table.count; i++) {
        struct fb_proof_claim claim = {.form = body->form,
            .tp = tp,
            .var_count = body->var_count,
            .values = table.rows[i].values,
            .holds = true};
        for (size_t k = 0; k < body->column_count; k++) {
            claim.known |= (uint64_t)1 << body->columns[k];
        }
        prove(folder, &claim, trace);
        tally.verdicts++;
    }
    if (table.count == 0) {
        struct fb_proof_claim claim = {.form = body->form, .tp = tp, .var_count = body->var_count};
        prove(folder, &claim, trace);
        tally.none++;
    }
    fb_arena_release(&arena);
}

static void prove_case(const char *folder)
{
    struct fb_arena arena;
    struct fb_buf sig, text, log;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_trace trace = {0};
    fb_arena_init(&arena, ARENA_MAX);
    assert_true(read_text(folder, "sig", &sig) && read_text(folder, "formula", &text));
    assert_true(read_text(folder, "trace", &log));
    FB_TEST_OK(fb_monpoly_signature(fb_buf_str(&sig), &arena, &signature, &err));
    FB_TEST_OK(fb_monpoly_formula_read(fb_buf_str(&text), &signature, &arena, &formula, &err));
    FB_TEST_OK(fb_monpoly_log(fb_buf_str(&log), &signature, &arena, &trace, &err));
    tally.cases++;
    if (trace.tuple_count > TUPLES_MAX || trace.time_count > POINTS_MAX) {
        tally.too_long++;
    } else {
        for (size_t tp = 0; tp < trace.time_count; tp++) {
            prove_point(folder, &formula.plain, &trace, tp);
        }
    }
    fb_buf_release(&sig);
    fb_buf_release(&text);
    fb_buf_release(&log);
    fb_arena_release(&arena);
}

static void test_cases(void **state)
{
    (void)state;
    static const char *const families[] = {"cases-corpus", "cases-regression", "cases-frz"};
    const char *root = getenv("FB_SHARED");
    char probe[4096];
    if (!fb_test_shared("data/monitor/cases/cases-frz/frz01/sig", probe, sizeof(probe))) {
        skip();
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        char folder[4300], path[4700];
        snprintf(folder, sizeof(folder), "%s/data/monitor/cases/%s", root ? root : "../shared",
            families[i]);
        DIR *dir = opendir(folder);
        assert_non_null(dir);
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            struct fb_buf there;
            if (entry->d_name[0] != '.' && read_text(path, "formula", &there)) {
                fb_buf_release(&there);
                prove_case(path);
            }
        }
        closedir(dir);
    }
    printf("# %d cases, %d too long; %zu verdicts and %zu points without one are proved\n",
        tally.cases, tally.too_long, tally.verdicts, tally.none);
    assert_true(tally.cases - tally.too_long >= 200 && tally.verdicts > 300 && tally.none > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests_name("proofs of cases", tests, NULL, NULL);
}
