/*
 * Tests of derived.c: what several records say together, against a direct reading of the records at
 * every hour of a random history. (Worked histories: tests/lang/histories/derived.fly.)
 */
#include "base/alloc.h"
#include "fb_draw.h"
#include "fb_test.h"
#include "govern/policy_test.h"
#include "govern/test_history.h"
#include "govern/work.h"

enum { ROUNDS = 40, RECORDS = 14, HOURS = 120, STANDARDS = 2, FOREVER = 1 << 20 };

/* A record of a random history; hours count from BEGIN. */
struct drawn {
    int from, until; /* of what it says; until FOREVER: without end */
    int standard, level;
    bool counts;  /* an audit that did not fail, or a measure, of somebody else */
    int corrects; /* 1 + the record that this one supersedes; 0: none */
    int honoured; /* 0 full, 1 partial, 2 refused */
};

static uint64_t draws = 1;
static struct fb_err err;

static int draw(int below)
{
    return (int)fb_draw_below(&draws, (size_t)below);
}

static fb_time hour(int h)
{
    return fb_days_from_civil(2026, 3, 1) * FB_DAY + h * FB_HOUR;
}

static void put_hour(struct fb_buf *out, int h)
{
    char text[FB_TIME_TEXT];
    fb_buf_add_c(out, fb_time_format_short(hour(h), text));
}

/* The picture of `given` lines at an hour; its facts are in picture->work. */
struct played {
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_registry *registry;
    struct fb_test_history history;
    struct fb_govern_input input;
};

static void play(struct played *out, const struct fb_buf *given, int h)
{
    static struct fb_policy_errors errors;
    const struct fb_test *tests = NULL;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_addf(&text,
        "policy \"p\"\n  title \"p\"\n  version 1\nduty d(S)\n  when level_held L of S\n"
        "  party \"x\"\n  must publish \"x\"\n  within 1 days\ntest \"t\"\n  given%.*s"
        "  expect nothing owed\n",
        FB_STR_ARG(fb_buf_str(given)));
    fb_arena_init(&out->arena, (size_t)1 << 28);
    struct fb_str kept;
    FB_TEST_OK(fb_arena_str(&out->arena, fb_buf_str(&text), &kept, &err));
    fb_buf_release(&text);
    if (fb_policy_tests(kept, "p.fly", &out->arena, &tests, &errors) != FB_OK) {
        fail_msg("%u: %s\n%.*s", errors.items[0].line, errors.items[0].message, FB_STR_ARG(kept));
    }
    out->history = (struct fb_test_history){.test = tests, .policy = kept, .name = "p.fly"};
    FB_TEST_OK(fb_test_history_build(&out->history, hour(h), &out->arena, &out->registry, &err));
    out->input = (struct fb_govern_input){.registry = out->registry,
        .now = hour(h),
        .as_of = FB_TIME_MAX,
        .read_blob = fb_test_history_blob,
        .blob_ctx = &out->history};
    FB_TEST_OK(fb_govern_evaluate(&out->input, &out->arena, &out->picture, &err));
}

static void stop(struct played *played)
{
    fb_registry_free(played->registry);
    fb_arena_release(&played->arena);
}

/* The only fact of a relation at an hour whose column has this text; NULL: none. */
static const struct fb_timed *fact_at(
    const struct played *played, const char *name, int h, size_t column, const char *text)
{
    int relation = fb_policy_relation(name);
    const struct fb_work *work = played->picture.work;
    const struct fb_timed *found = NULL;
    for (size_t i = 0; i < work->timed_count; i++) {
        const struct fb_timed *tuple = &work->timed[i];
        if ((int)tuple->relation == relation && tuple->from <= hour(h) && hour(h) < tuple->until &&
            fb_str_is(tuple->values[column].u.text, text)) {
            assert_null(found);
            found = tuple;
        }
    }
    return found;
}

static void put_audit(struct fb_buf *out, int i, struct drawn *d, const struct drawn *all)
{
    bool own = draw(5) == 0, failed = draw(5) == 0, measure = draw(4) == 0;
    static const char *const standards[] = {"security", "privacy"};
    d->standard = draw(STANDARDS);
    d->level = draw(5);
    d->until = measure || draw(3) == 0 ? FOREVER : d->from + 1 + draw(60);
    d->counts = !own && (measure || !failed);
    d->corrects = 0;
    /* A correction is of the same kind: audits only. */
    for (int k = i - 1; k >= 0 && !measure && !d->corrects && draw(3) == 0; k--) {
        bool free = all[k].honoured == 1; /* an audit that nobody corrected */
        d->corrects = free ? k + 1 : 0;
    }
    d->honoured = measure ? 0 : 1;
    put_hour(out, d->from);
    fb_buf_addf(out, " by \"%s\"", own ? "dev" : "lab");
    if (d->corrects) {
        fb_buf_addf(out, " correcting \"a%d\"", d->corrects - 1);
    }
    if (measure) {
        fb_buf_addf(out, ": measure \"a%d\" of \"s\" with name %s, level %d\n", i,
            standards[d->standard], d->level);
        return;
    }
    fb_buf_addf(out,
        ": audit \"a%d\" of \"s\" with party \"dev\", scope \"x\", method red_team, result %s, "
        "standard %s, level %d",
        i, failed ? "failed" : "passed", standards[d->standard], d->level);
    if (d->until != FOREVER) {
        fb_buf_add_c(out, ", valid_until ");
        put_hour(out, d->until);
    }
    fb_buf_add_char(out, '\n');
}

/* The highest level that holds at an hour; -1: none. */
static int level_at(const struct drawn *all, int count, int standard, int h)
{
    int best = -1;
    for (int i = 0; i < count; i++) {
        bool superseded = false;
        for (int k = i + 1; k < count; k++) {
            superseded = superseded || (all[k].corrects == i + 1 && all[k].from <= h);
        }
        if (all[i].counts && !superseded && all[i].standard == standard && all[i].from <= h &&
            h < all[i].until && all[i].level > best) {
            best = all[i].level;
        }
    }
    return best;
}

static void test_levels(void **state)
{
    (void)state;
    static const char *const standards[] = {"security", "privacy"};
    for (int round = 0; round < ROUNDS; round++) {
        struct drawn all[RECORDS] = {{0}};
        struct fb_buf given;
        struct played played;
        fb_buf_init(&given, 1 << 16);
        fb_buf_add_c(&given, " 2026-01-01: system \"s\" with developer \"dev\"\n");
        int at = 0;
        for (int i = 0; i < RECORDS; i++) {
            at += draw(6);
            all[i].from = at;
            put_audit(&given, i, &all[i], all);
            if (all[i].corrects) {
                all[all[i].corrects - 1].honoured = 2; /* corrected */
            }
        }
        play(&played, &given, HOURS);
        for (int h = 0; h < HOURS; h++) {
            for (int s = 0; s < STANDARDS; s++) {
                const struct fb_timed *fact = fact_at(&played, "level_held", h, 4, standards[s]);
                int level = fact ? (int)fact->values[5].u.integer : -1;
                if (level != level_at(all, RECORDS, s, h)) {
                    fail_msg("round %d, hour %d, %s: %d, not %d\n%.*s", round, h, standards[s],
                        level, level_at(all, RECORDS, s, h), FB_STR_ARG(fb_buf_str(&given)));
                }
            }
        }
        stop(&played);
        fb_buf_release(&given);
    }
}

/* A grant, its times, and uses of which some are corrected. */
static void test_grants(void **state)
{
    (void)state;
    static const char *const words[] = {"full", "partial", "refused"};
    for (int round = 0; round < ROUNDS; round++) {
        struct drawn all[RECORDS] = {{0}};
        struct fb_buf given;
        struct played played;
        int from = draw(40), until = from + 1 + draw(60),
            revoked = draw(2) ? 80 + draw(30) : FOREVER;
        fb_buf_init(&given, 1 << 16);
        fb_buf_add_c(&given, " 2026-01-01: system \"s\" with developer \"dev\"\n");
        put_hour(&given, 0);
        fb_buf_add_c(&given, " by \"dev\": grant \"g\" of \"s\" with party \"lab\", form weights, "
                             "state granted, valid_from ");
        put_hour(&given, from);
        fb_buf_add_c(&given, ", valid_until ");
        put_hour(&given, until);
        fb_buf_add_char(&given, '\n');
        int at = 0;
        for (int i = 0; i < RECORDS; i++) {
            at += draw(5);
            all[i].from = at;
            all[i].honoured = draw(3);
            all[i].corrects = i > 0 && !all[i - 1].corrects && draw(4) == 0 ? i : 0;
            put_hour(&given, at);
            fb_buf_add_c(&given, " by \"lab\"");
            if (all[i].corrects) {
                fb_buf_addf(&given, " correcting \"u%d\"", i - 1);
            }
            fb_buf_addf(&given, ": access \"u%d\" of \"s\" with grant \"g\", honoured %s%s\n", i,
                words[all[i].honoured], all[i].honoured ? ", missing \"x\"" : "");
        }
        if (revoked != FOREVER) {
            put_hour(&given, revoked);
            fb_buf_add_c(&given, " by \"dev\" correcting \"g\": grant \"g2\" of \"s\" with party "
                                 "\"lab\", form weights, state revoked\n");
        }
        play(&played, &given, HOURS);
        for (int h = 0; h < HOURS; h++) {
            size_t uses[3] = {0, 0, 0};
            for (int i = 0; i < RECORDS; i++) {
                bool gone = i + 1 < RECORDS && all[i + 1].corrects == i + 1 && all[i + 1].from <= h;
                uses[all[i].honoured] += all[i].from <= h && !gone;
            }
            const char *standing = h >= revoked ? "revoked"
                                   : h < from   ? "not_begun"
                                   : h < until  ? "granted"
                                                : "expired";
            const char *honoured = uses[2]   ? "refused"
                                   : uses[1] ? "partial"
                                   : uses[0] ? "full"
                                             : "unused";
            const struct fb_timed *fact = fact_at(&played, "grant_standing", h, 0, "grant/g");
            assert_non_null(fact);
            if (!fb_str_is(fact->values[6].u.text, standing) ||
                !fb_str_is(fact->values[7].u.text, honoured) ||
                fact->values[8].u.integer != (int64_t)(uses[0] + uses[1] + uses[2]) ||
                fact->values[9].u.integer != (int64_t)(uses[1] + uses[2])) {
                fail_msg("round %d, hour %d: %.*s, not %s %s\n%.*s", round, h,
                    FB_STR_ARG(fact->why->text), standing, honoured,
                    FB_STR_ARG(fb_buf_str(&given)));
            }
        }
        stop(&played);
        fb_buf_release(&given);
    }
}

/* No failure of the memory at any point leaks or gives a wrong answer: the arena is full earlier or
 * later, and each allocation of the heap fails once. */
static void test_memory(void **state)
{
    (void)state;
    enum { STEP = 512, STEPS_MAX = 20000 };
    struct played whole;
    struct fb_buf given;
    fb_buf_init(&given, 1 << 16);
    fb_buf_add_c(&given, "\n    2026-03-01 by \"dev\": system \"s\" with developer \"dev\"\n"
                         "    2026-03-01 by \"lab\": audit \"a\" of \"s\" with party \"dev\", "
                         "scope \"x\", method red_team, standard "
                         "\"security\", level 3, result passed, valid_until 2026-03-03\n"
                         "    2026-03-01 by \"dev\": grant \"g\" of \"s\" with party \"lab\", "
                         "form weights, state granted, valid_until 2026-03-20\n"
                         "    2026-03-02 by \"lab\": access \"u\" of \"s\" with grant \"g\", "
                         "honoured partial\n"
                         "    2026-03-02 by \"dev\": system \"m\" with developer \"lab\", "
                         "derived_from \"s\", derivation fine_tuning\n"
                         "    2026-03-02 by \"lab\": run \"r\" of \"m\" with purpose "
                         "fine_tuning, planned_flop 1e22 FLOP\n");
    play(&whole, &given, 30);
    size_t facts = whole.picture.work->timed_count, full = 0, failed = 0;
    for (size_t n = 0; n < STEPS_MAX && full < 2; n++) {
        struct fb_arena arena;
        struct fb_picture picture;
        fb_arena_init(&arena, full == 0 ? (n + 1) * STEP : (size_t)1 << 28);
        fb_alloc_fail_at(full == 0 ? -1 : (int64_t)n);
        enum fb_code code = fb_govern_evaluate(&whole.input, &arena, &picture, &err);
        fb_alloc_fail_at(-1);
        if (code != FB_OK && code != FB_E_LIMIT && code != FB_E_NOMEM) {
            fail_msg("%zu: %s: %s", n, fb_code_name(code), err.message);
        }
        failed += code != FB_OK;
        if (code == FB_OK) {
            assert_int_equal(picture.work->timed_count, facts);
            full++;
            n = (size_t)-1;
        }
        fb_arena_release(&arena);
    }
    assert_int_equal(full, 2);
    assert_true(failed > 50);
    assert_non_null(fact_at(&whole, "level_held", 30, 4, "security"));
    assert_non_null(fact_at(&whole, "grant_standing", 30, 0, "grant/g"));
    assert_non_null(fact_at(&whole, "share_of_original", 30, 0, "system/m"));
    stop(&whole);
    fb_buf_release(&given);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels), cmocka_unit_test(test_grants),
        cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("derived", tests, NULL, NULL);
}
