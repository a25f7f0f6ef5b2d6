/*
 * Tests of src/govern/growth.c and src/ingest/readings_csv.c: records of dated values in, pace out,
 * and what a policy makes of it.
 */
#include <math.h>

#include "fb_test.h"
#include "govern/work.h"
#include "story.h"

#define err s.err

static const char policy[] =
    "policy \"pace\"\n  title \"deadlines by pace\"\n  version 1\n  source \"made up\"\n\n"
    "duty told(I, S)\n"
    "  when    incident I of system S with class C, known to P\n"
    "  party   P\n"
    "  must    report I to \"institute\" stage initial\n"
    "  within  30 days\n"
    "          7 days if growth G with series \"horizon\", pace fast\n"
    "  of      P knowing of I\n"
    "  lest    breach \"the rule\"\n";

/* A table of a horizon that doubles every `days` days. */
static void add_table(struct story *story, const char *party, double days, int first, int last)
{
    char text[2000];
    int len = snprintf(text, sizeof(text), "series,date,value,source\n");
    for (int year = first; year <= last; year++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "horizon,%d-01-01,%.6g,made up\n",
            year, exp2(365.25 * (year - 2018) / days));
    }
    story_add(story, party, text);
}

static const struct fb_pace_view *pace(struct story *s, const char *id)
{
    const struct fb_picture *p = story_picture(s, NULL);
    for (size_t i = 0; i < p->pace_count; i++) {
        if (fb_str_is(p->paces[i].id, id)) {
            return &p->paces[i];
        }
    }
    return NULL;
}

static void incident(struct story *story, const char *name, const char *day)
{
    char text[500];
    snprintf(text, sizeof(text),
        "{\"kind\":\"incident\",\"id\":\"incident/%s\",\"subject\":\"system/s\",\"at\":\"%s\","
        "\"body\":{\"title\":\"x\",\"class\":\"death\",\"known_to\":\"party/dev\","
        "\"known_at\":\"%s\"}}",
        name, day, day);
    story_add(story, "institute", text);
}

static int64_t days_of(struct story *s, const char *incident_id)
{
    const struct fb_obligation *o = story_duty(s, "told", incident_id);
    assert_non_null(o);
    return (o->deadline - o->since) / FB_DAY;
}

/* Nothing measured is fast; slow growth relaxes after the dwell; a leap tightens what is due. */
static void test_a_deadline_tightens(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    story_add(&s, "institute", policy);
    story_at(&s, "2026-02-01T00:00:00Z");
    incident(&s, "one", "2026-02-01");
    assert_int_equal(days_of(&s, "incident/one"), 7);
    assert_null(pace(&s, "pace:horizon"));
    /* Doubling in 2 years, read twice, 181 days apart. */
    story_at(&s, "2026-02-02T00:00:00Z");
    add_table(&s, "lab", 730, 2018, 2025);
    const struct fb_pace_view *view = pace(&s, "pace:horizon");
    assert_true(view && view->segment->pace.pace == FB_PACE_FAST && view->segment->used == 8);
    assert_true(fabs(view->segment->doubling_days - 730) < 2);
    story_at(&s, "2026-08-02T00:00:00Z");
    add_table(&s, "lab", 730, 2026, 2026);
    view = pace(&s, "pace:horizon");
    assert_int_equal(view->segment->pace.pace, FB_PACE_SLOW);
    incident(&s, "two", "2026-08-02");
    assert_int_equal(days_of(&s, "incident/two"), 30);
    assert_int_equal(days_of(&s, "incident/one"), 7);
    /* A leap: what can no longer be ruled out binds, at once. */
    story_at(&s, "2026-08-03T00:00:00Z");
    story_add(&s, "institute",
        "{\"kind\":\"progress\",\"id\":\"progress/leap\",\"at\":\"2026-08-01\","
        "\"body\":{\"series\":\"horizon\",\"date\":\"2026-08-01\",\"value\":1e9}}");
    view = pace(&s, "pace:horizon");
    assert_int_equal(view->segment->pace.pace, FB_PACE_FAST);
    assert_true(fb_str_is(view->why->record_id, "progress/leap"));
    incident(&s, "three", "2026-08-03");
    assert_int_equal(days_of(&s, "incident/three"), 7);
    /* What was known then: a day before, it was slow. */
    const struct fb_picture *then = story_picture(&s, "2026-08-02T12:00:00Z");
    assert_true(then->pace_count == 1 && then->paces[0].segment->pace.pace == FB_PACE_SLOW);
    struct fb_verdict verdict;
    FB_TEST_OK(
        fb_picture_find(story_picture(&s, NULL), FB_STR("pace:horizon"), &s.arena, &verdict, &err));
    assert_true(fb_str_starts(verdict.headline, FB_STR("horizon is fast: it doubles in")));
    story_end(&s);
}

/* The plan's own figures, as they ship. */
static void test_the_plan(void **state)
{
    (void)state;
    struct story s;
    char path[4096];
    struct fb_arena arena;
    struct fb_docket_added added;
    struct fb_docket_add options = {.issuer = FB_STR("institute")};
    const char *root = getenv("FB_SOURCE_ROOT");
    story_begin(&s);
    snprintf(path, sizeof(path), "%s/examples/progress/plan.csv", root ? root : ".");
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_docket_add_file(s.docket, path, &options, &arena, &added, &err));
    assert_int_equal(added.count, 20);
    fb_arena_release(&arena);
    static const struct {
        const char *id;
        double factor;
    } table[] = {{"pace:hardware_price_performance", 1.4}, {"pace:algorithmic_efficiency", 2.5},
        {"pace:training_investment", 3}, {"pace:training_compute", 4.2},
        {"pace:effective_compute", 10.5}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct fb_pace_view *view = pace(&s, table[i].id);
        assert_non_null(view);
        double factor = exp(view->segment->slope * 365.25);
        assert_true(fabs(factor / table[i].factor - 1) < 0.005);
        assert_int_equal(view->segment->pace.pace, FB_PACE_FAST);
    }
    story_end(&s);
}

/* Who develops systems does not say how fast the field is. */
static void test_issuers(void **state)
{
    (void)state;
    struct story s;
    story_begin(&s);
    assert_int_equal(story_try(&s, "dev",
                         "{\"kind\":\"progress\",\"id\":\"progress/p\",\"at\":\"2026-01-01\","
                         "\"body\":{\"series\":\"horizon\",\"date\":\"2026-01-01\",\"value\":1}}"),
        FB_E_ROLE);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deadline_tightens),
        cmocka_unit_test(test_the_plan),
        cmocka_unit_test(test_issuers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
