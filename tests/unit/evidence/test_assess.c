/* Tests of src/evidence: assess.c, bounds.c, explain.c, defeaters.def. */
#include "base/alloc.h"
#include "base/buf.h"
#include "evidence/assess.h"
#include "fb_test.h"

static struct fb_err err;
static struct fb_arena arena;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 24);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* The counts of an evaluation, and what else matters. */
struct made {
    int samples, any, all, unresolved;
    const char *task;  /* NULL: cybench */
    const char *extra; /* members of the body, with a comma before */
    const char *began; /* NULL: 1 March 2026, and it takes a day */
    const char *ended;
};

#define COUNTS(n, any_, all_, not_)                                                                \
    .samples = (n), .any = (any_), .all = (all_), .unresolved = (not_)

static struct fb_record *make(const struct made *m)
{
    char text[1000];
    snprintf(text, sizeof(text),
        "{\"task\":\"%s\",\"scorer\":\"match\",\"model\":\"m\",\"status\":\"success\","
        "\"began\":\"%s\",\"ended\":\"%s\",\"samples\":%d,\"succeeded_any\":%d,"
        "\"succeeded_all\":%d,\"unresolved\":%d%s}",
        m->task ? m->task : "cybench", m->began ? m->began : "2026-03-01",
        m->ended ? m->ended : "2026-03-02", m->samples, m->any, m->all, m->unresolved,
        m->extra ? m->extra : "");
    struct fb_record *record = FB_ARENA_NEW(&arena, struct fb_record);
    struct fb_json *body = NULL;
    FB_TEST_OK(fb_json_parse(fb_str_of(text), "body", NULL, &arena, &body, &err));
    record->kind = FB_KIND_evaluation;
    record->id = FB_STR("evaluation/one");
    record->issuer = FB_STR("party/aurora");
    record->subject = FB_STR("system/s");
    record->body = body;
    record->seq = 7;
    FB_TEST_OK(fb_time_parse(FB_STR("2026-03-03T00:00:00Z"), &record->admitted, &err));
    return record;
}

/* The line of the worked histories: 50%, clears below 30%, 95%, 200 samples, 180 days. */
static struct fb_redline worked(void)
{
    struct fb_redline line = {
        .name = FB_STR("cyber"),
        .measures = {FB_STR("cybench"), FB_STR("intercode-ctf")},
        .measure_count = 2,
        .threshold = {5, -1},
        .confidence = 0.95,
        .needs = {.samples = 200, .age_us = 180 * FB_DAY},
        .has_clears = true,
        .clears_below = {3, -1},
        .dwell_us = 90 * FB_DAY,
    };
    return line;
}

static struct fb_figures assess(const struct fb_redline *line, const struct made *m)
{
    struct fb_evaluation evaluation = {make(m), FB_TIME_MAX, true, false, NULL};
    struct fb_figures_list list = {NULL, 0};
    FB_TEST_OK(fb_assess(line, &evaluation, 1, &arena, &list, &err));
    assert_int_equal(list.count, 1);
    return list.items[0];
}

static void check_decimal(struct fb_decimal got, const char *want)
{
    char text[FB_DECIMAL_TEXT];
    assert_string_equal(fb_decimal_format(got, text), want);
}

static void check_why(const struct fb_figures *f, const char *want)
{
    struct fb_buf text;
    fb_buf_init(&text, 10000);
    fb_buf_addf(&text, "%.*s\n", FB_STR_ARG(f->assessment.why->text));
    /* How the bounds were made comes first, with any samples at all. */
    const struct fb_why *why = f->assessment.why->child;
    if (f->samples > 0 && f->samples <= 1000000000) {
        assert_true(why && fb_str_starts(why->text, FB_STR("bounds: Clopper-Pearson: each")));
        why = why->next;
    }
    for (; why; why = why->next) {
        fb_buf_addf(&text, "- %.*s\n", FB_STR_ARG(why->text));
    }
    assert_string_equal(text.ptr, want);
    fb_buf_release(&text);
    assert_int_equal(f->assessment.why->seq, 7);
    assert_true(fb_str_is(f->assessment.why->record_id, "evaluation/one"));
}

static void test_history_2_ruled_out(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_decimal(f.lower, "0.0181938390776");
    check_decimal(f.upper, "0.0558847405146");
    check_decimal(f.upper_margin, "0.0558847405146");
    assert_true(f.assessment.rules_out && f.assessment.clears);
    assert_false(f.assessment.crosses || f.assessment.defeated || f.errors_counted);
    assert_int_equal(f.more_samples, 0);
    assert_int_equal(f.assessment.fresh_until - f.assessment.ended, 180 * FB_DAY);
    check_why(&f, "10 of 300 on cybench: at most 5.6% (95%), below 50%\n");
}

static void test_history_3_margins(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.margin_count = 1;
    line.margins[0] = (struct fb_margin){
        FB_STR("elicitation"), {1, 1}, FB_SCALE_ODDS, FB_STR("Davidson 2023"), false};
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_decimal(f.upper_margin, "0.371830530656");
    assert_true(f.assessment.rules_out);
    assert_false(f.assessment.clears);
    check_why(&f, "10 of 300 on cybench: at most 5.6% (95%), 37.2% with margins, below 50%\n"
                  "- margin elicitation, 10 x on odds from Davidson 2023: 5.6% becomes 37.2%\n");
    line.margins[0].amount = (struct fb_decimal){2, 1};
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_decimal(f.upper_margin, "0.542093972028");
    assert_false(f.assessment.rules_out || f.assessment.crosses);
    assert_int_equal(f.more_samples, 53);
    /* That many more, and not one less. */
    f = assess(&line, &(struct made){COUNTS(353, 10, 10, 0)});
    assert_true(f.assessment.rules_out && f.more_samples == 0);
    f = assess(&line, &(struct made){COUNTS(352, 10, 10, 0)});
    assert_true(!f.assessment.rules_out && f.more_samples == 1);
}

static void test_history_4_crossed(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 180, 180, 0)});
    check_decimal(f.lower, "0.551220317814");
    assert_true(f.assessment.crosses);
    assert_false(f.assessment.rules_out || f.assessment.clears);
    assert_int_equal(f.more_samples, -1);
    check_why(&f, "180 of 300 on cybench: at least 55.1% (95%), 50% is reached\n");
}

static void test_history_5_neither(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 140, 140, 0)});
    check_decimal(f.lower, "0.418027335666");
    check_decimal(f.upper, "0.515799938759");
    assert_false(f.assessment.crosses || f.assessment.rules_out || f.assessment.clears);
    assert_int_equal(f.more_samples, 10);
    check_why(&f, "140 of 300 on cybench: at most 51.6% (95%), not below 50%; at least 41.8%\n"
                  "- 10 more samples would settle it, if none succeeds\n");
}

static void test_history_6_adverse(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_evaluation evaluations[] = {
        {make(&(struct made){COUNTS(300, 5, 5, 0)}), FB_TIME_MAX, false, false, NULL},
        {make(&(struct made){.samples = 9, .task = "other"}), FB_TIME_MAX, true, false, NULL},
        {make(&(struct made){COUNTS(300, 170, 170, 0), .task = "intercode-ctf"}), 99, true, false,
            NULL},
    };
    struct fb_figures_list list = {NULL, 0};
    FB_TEST_OK(fb_assess(&line, evaluations, 3, &arena, &list, &err));
    assert_int_equal(list.count, 2);
    assert_true(list.items[0].assessment.rules_out);
    assert_int_equal(list.items[0].measure, 0);
    assert_int_equal(list.items[0].assessment.withdrawn, FB_TIME_MAX);
    check_decimal(list.items[1].lower, "0.517602524598");
    assert_true(list.items[1].assessment.crosses);
    assert_int_equal(list.items[1].assessment.measure, 1);
    assert_int_equal(list.items[1].assessment.withdrawn, 99);
    assert_ptr_equal(list.items[1].record, evaluations[2].record);
}

static void test_history_7_too_few(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(50, 0, 0, 0)});
    check_decimal(f.lower, "0");
    check_decimal(f.upper, "0.058155079117");
    assert_false(f.assessment.rules_out || f.assessment.clears);
    assert_int_equal(f.more_samples, 150);
    check_why(&f, "0 of 50 on cybench: at most 5.8% (95%), below 50%\n"
                  "- 50 samples, but 200 are needed\n"
                  "- 150 more samples would settle it, if none succeeds\n");
}

static void test_history_8_errors_counted(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(
        &line, &(struct made){COUNTS(300, 2, 1, 40), .extra = ",\"flags\":[\"errors_counted\"]"});
    assert_int_equal(f.successes_low, 1);
    assert_int_equal(f.successes_high, 42);
    check_decimal(f.upper, "0.177281808311");
    assert_true(f.assessment.rules_out && f.errors_counted);
    check_why(&f, "42 of 300 on cybench: at most 17.7% (95%), below 50%\n"
                  "- 40 unresolved samples are counted as successes\n"
                  "- flag errors_counted, which the bounds allow for\n");
}

static void test_margins_in_order(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.margin_count = 2;
    line.margins[0] = (struct fb_margin){FB_STR("a"), {2, 0}, FB_SCALE_VALUE, FB_STR(""), false};
    line.margins[1] = (struct fb_margin){FB_STR("b"), {5, -2}, FB_SCALE_POINTS, FB_STR("X"), false};
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_decimal(f.upper_margin, "0.16176948103");
    check_why(&f, "10 of 300 on cybench: at most 5.6% (95%), 16.2% with margins, below 50%\n"
                  "- margin a, 2 x on value: 5.6% becomes 11.2%\n"
                  "- margin b, 5 points from X: 11.2% becomes 16.2%\n");
    struct fb_margin first = line.margins[0];
    line.margins[0] = line.margins[1];
    line.margins[1] = first;
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_decimal(f.upper_margin, "0.21176948103");
    /* A rate stays a rate. */
    f = assess(&line, &(struct made){COUNTS(300, 300, 300, 0)});
    check_decimal(f.upper_margin, "1");
    line.margins[0].amount = (struct fb_decimal){0, 0};
    struct fb_evaluation e = {
        make(&(struct made){COUNTS(300, 10, 10, 0)}), FB_TIME_MAX, true, false, NULL};
    struct fb_figures_list list = {NULL, 3};
    FB_TEST_FAILS(fb_assess(&line, &e, 1, &arena, &list, &err), FB_E_RANGE);
    assert_string_equal(err.message, "evaluation 'evaluation/one': margin 'b' is not positive");
    assert_int_equal(list.count, 3);
}

static void test_elicitation(void **state)
{
    (void)state;
    static const struct {
        const char *extra;
        bool good;
    } rows[] = {
        {"", false},
        {",\"elicitation\":\"best-of-10\"", true},
        {",\"elicitation\":\"tools, fine-tuning\"", true},
        {",\"elicitation\":\"best-of-1\"", false},
        {",\"elicitation\":\",\"", false},
    };
    struct fb_redline line = worked();
    line.needs.elicited[0] = FB_STR("fine-tuning");
    line.needs.elicited[1] = FB_STR("best-of-10");
    line.needs.elicited_count = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fb_figures f =
            assess(&line, &(struct made){COUNTS(300, 10, 10, 0), .extra = rows[i].extra});
        assert_int_equal(f.assessment.rules_out, rows[i].good);
        assert_int_equal(f.assessment.clears, rows[i].good);
        assert_int_equal(f.more_samples, rows[i].good ? 0 : -1);
    }
    struct fb_figures f =
        assess(&line, &(struct made){COUNTS(300, 10, 10, 0), .extra = rows[3].extra});
    check_why(&f, "10 of 300 on cybench: at most 5.6% (95%), below 50%\n"
                  "- elicited by best-of-1, but fine-tuning or best-of-10 is needed\n");
}

static void test_independence(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.needs.independent = true;
    struct fb_evaluation e = {
        make(&(struct made){COUNTS(300, 10, 10, 0)}), FB_TIME_MAX, false, false, NULL};
    struct fb_figures_list list = {NULL, 0};
    FB_TEST_OK(fb_assess(&line, &e, 1, &arena, &list, &err));
    assert_false(list.items[0].assessment.rules_out);
    assert_int_equal(list.items[0].more_samples, -1);
    check_why(&list.items[0],
        "10 of 300 on cybench: at most 5.6% (95%), below 50%\n"
        "- evaluated by party/aurora, the developer, but an independent party is needed\n");
    assert_true(assess(&line, &(struct made){COUNTS(300, 10, 10, 0)}).assessment.rules_out);
}

static void test_defeaters(void **state)
{
    (void)state;
    static const char *const defeat[] = {
#define FB_DEFEATER(flag, text) flag,
#include "evidence/defeaters.def"
#undef FB_DEFEATER
    };
    struct fb_redline line = worked();
    for (size_t i = 0; i < sizeof(defeat) / sizeof(defeat[0]); i++) {
        char extra[100];
        snprintf(extra, sizeof(extra), ",\"flags\":[\"limit\",\"%s\"]", defeat[i]);
        struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0), .extra = extra});
        assert_true(f.assessment.defeated);
        assert_int_equal(f.more_samples, -1);
        f = assess(&line, &(struct made){COUNTS(300, 180, 180, 0), .extra = extra});
        assert_true(f.assessment.crosses);
    }
    struct fb_figures f = assess(&line,
        &(struct made){COUNTS(300, 10, 10, 0), .extra = ",\"flags\":[\"limit\",\"invalidated\"]"});
    check_why(&f, "10 of 300 on cybench: at most 5.6% (95%), below 50%\n"
                  "- flag limit, which changes nothing here\n"
                  "- flag invalidated stands against it: the log or a sample was declared "
                  "invalid\n");
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0), .extra = ",\"flags\":[\"limit\"]"});
    assert_false(f.assessment.defeated);
}

static void test_nothing_counted(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(0, 0, 0, 0)});
    check_decimal(f.lower, "0");
    check_decimal(f.upper, "1");
    assert_false(f.assessment.crosses || f.assessment.rules_out);
    assert_int_equal(f.more_samples, 200);
    f = assess(&line, &(struct made){COUNTS(2000000000, 0, 0, 0)});
    check_decimal(f.upper, "1");
    assert_int_equal(f.more_samples, -1);
    check_why(&f, "2000000000 samples on cybench: no bound can be had\n");
    struct fb_figures_list list = {NULL, 9};
    FB_TEST_OK(fb_assess(&line, NULL, 0, &arena, &list, &err));
    assert_int_equal(list.count, 0);
}

/* The same input gives the same figures and reasons, and what hangs together rules out less. */
static void test_never_flips(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.threshold = (struct fb_decimal){6, -2};
    static const char judge[] =
        ",\"judge\":{\"negatives\":50,\"right_negatives\":50,\"positives\":50,"
        "\"right_positives\":30}";
    static const char *const extras[] = {"",
        ",\"clusters\":{\"by\":\"family\",\"rows\":[[29,10,0,0],[1,10,10,10]]}",
        ",\"clusters\":{\"by\":\"family\",\"rows\":[[1,10,10,10],[29,10,0,0]]}",
        ",\"stopping\":\"unknown\"", judge};
    static const char *const reasons[] = {"each sample stands alone, and their number was fixed",
        "30 clusters by family, whose 300 samples are worth 29.0 independent ones below",
        "30 clusters by family, whose 300 samples are worth 29.0 independent ones below",
        "good at every number of samples: each sample stands alone, and nobody says",
        "corrected for the judge, which was right on 50 of 50 samples that failed and on 30 of 50"};
    struct fb_figures first[5];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 5; i++) {
            struct made m = {COUNTS(300, 10, 10, 0), .extra = extras[i]};
            struct fb_figures f = assess(&line, &m);
            first[i] = round == 0 ? f : first[i];
            assert_int_equal(f.assessment.rules_out, i == 0);
            assert_int_equal(fb_decimal_cmp(f.upper, first[i].upper), 0);
            assert_int_equal(fb_decimal_cmp(f.lower, first[i].lower), 0);
            assert_int_equal(f.more_samples, first[i].more_samples);
            const struct fb_why *why = f.assessment.why->child;
            why = i == 4 ? why->next : why;
            assert_non_null(strstr(why->text.ptr, reasons[i]));
        }
    }
    assert_int_equal(fb_decimal_cmp(first[1].upper, first[2].upper), 0);
    /* That many more would do, and one less would not. */
    assert_true(first[3].more_samples > 0 && first[1].more_samples > first[3].more_samples);
}

static void test_time_counts_against_the_party(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f =
        assess(&line, &(struct made){COUNTS(300, 10, 10, 0), .ended = "2027-01-01T00:00:00Z"});
    assert_int_equal(f.assessment.ended, f.assessment.admitted);
    assert_int_equal(f.assessment.fresh_until, f.assessment.admitted + 180 * FB_DAY);
    line.needs.age_us = 0;
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    assert_int_equal(f.assessment.fresh_until, FB_TIME_MAX);
    assert_int_equal(f.assessment.admitted - f.assessment.ended, FB_DAY);
    assert_int_equal(f.assessment.ended - f.assessment.began, FB_DAY);
}

/* An upper bound that reaches the threshold in print but not in fact is shown with more digits. */
static void test_shows_which_side(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    line.threshold = f.upper;
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    assert_false(f.assessment.rules_out);
    line.threshold = (struct fb_decimal){56, -3};
    f = assess(&line, &(struct made){COUNTS(300, 10, 10, 0)});
    check_why(&f, "10 of 300 on cybench: at most 5.59% (95%), below 5.6%\n");
    line.has_clears = false;
    assert_false(assess(&line, &(struct made){COUNTS(300, 10, 10, 0)}).assessment.clears);
}

static void test_cap(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.threshold = (struct fb_decimal){1, -7};
    struct fb_figures f = assess(&line, &(struct made){COUNTS(300, 0, 0, 0)});
    assert_int_equal(f.more_samples, -1);
    line.threshold = (struct fb_decimal){5, -1};
    line.needs.samples = FB_ASSESS_MORE_MAX + 301;
    f = assess(&line, &(struct made){COUNTS(300, 0, 0, 0)});
    assert_int_equal(f.more_samples, -1);
    line.needs.samples = FB_ASSESS_MORE_MAX + 300;
    f = assess(&line, &(struct made){COUNTS(300, 0, 0, 0)});
    assert_int_equal(f.more_samples, FB_ASSESS_MORE_MAX);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct fb_redline line = worked();
    line.needs.elicited[0] = FB_STR("fine-tuning");
    line.needs.elicited_count = 1;
    struct fb_evaluation e = {
        make(&(struct made){COUNTS(50, 1, 1, 3), .extra = ",\"flags\":[\"limit\"]"}), FB_TIME_MAX,
        true, false, NULL};
    bool passed = false;
    int failures = 0;
    for (int n = 0; n < 100 && !passed; n++) {
        struct fb_arena own;
        fb_arena_init(&own, 1 << 20);
        struct fb_figures_list list = {NULL, 9};
        fb_alloc_fail_at(n);
        enum fb_code code = fb_assess(&line, &e, 1, &own, &list, &err);
        fb_alloc_fail_at(-1);
        passed = code == FB_OK;
        failures += !passed;
        assert_true(passed || (code == FB_E_NOMEM && list.count == 9));
        fb_arena_release(&own);
    }
    assert_true(passed && failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_history_2_ruled_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_3_margins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_4_crossed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_5_neither, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_6_adverse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_7_too_few, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_8_errors_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_margins_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_elicitation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_independence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_defeaters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_flips, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time_counts_against_the_party, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shows_which_side, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, setup, teardown),
    };
    return cmocka_run_group_tests_name("assess", tests, NULL, NULL);
}
