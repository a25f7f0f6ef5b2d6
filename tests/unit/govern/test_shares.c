/*
 * Tests of shares.c and shares_figure.c: how much of its original's compute a modification used,
 * against a direct reading of the records at every hour of a random history with corrections,
 * merges and runs. (Worked histories: packs/eu/ai-act-gpai.fly.)
 */
#include <math.h>

#include "fb_draw.h"
#include "fb_test.h"
#include "govern/shares.h"

enum {
    ROUNDS = 60,
    SYSTEMS = 6,
    STEPS = 40,
    HOURS = 100,
    RUNS_MAX = STEPS,
    VERSIONS_MAX = STEPS + 1,
    TEXT_MAX = 8192
};

/* How a system was made: of nothing, by a way that counts, that does not, that may. */
enum way { WAY_NEW, WAY_TUNED, WAY_TAUGHT, WAY_OTHER };

/* A system as one of its records says; parents are systems with a lower number. */
struct version {
    int from;
    int developer;
    enum way way;
    int parent_count, parents[2];
    double declared;
    bool modelled; /* 1e12 parameters and tokens */
};

struct drawn_run {
    int from, until;
    int system;
    int state; /* 0 planned, 1 finished, 2 stopped */
    int purpose;
    double plan; /* below 0: not said */
};

/* A random history. */
struct history {
    struct fb_registry *registry;
    struct version versions[SYSTEMS][VERSIONS_MAX];
    int version_count[SYSTEMS];
    struct drawn_run runs[RUNS_MAX];
    int run_count;
    int records;
};

static const char *const states[] = {"planned", "finished", "stopped"};
static const char *const purposes[] = {"fine_tuning", "evaluation", "other"};
static const char *const ways[] = {"", "fine_tuning", "distillation", "other"};
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

static void assume(struct history *history, int h, const char *kind, const char *id,
    const char *more, const char *body)
{
    static char text[TEXT_MAX];
    struct fb_arena arena;
    struct fb_buf canonical;
    struct fb_json *root = NULL;
    char at[FB_TIME_TEXT];
    fb_time_format(hour(h), at);
    fb_arena_init(&arena, 1 << 22);
    fb_buf_init(&canonical, 1 << 20);
    snprintf(text, sizeof(text),
        "{\"at\":\"%s\",\"body\":{%s},\"id\":\"%s/%s\",\"issuer\":\"party/0\",\"kind\":\"%s\"%s}",
        at, body, kind, id, kind, more);
    FB_TEST_OK(fb_json_parse(fb_str_of(text), "a record", NULL, &arena, &root, &err));
    FB_TEST_OK(fb_json_canonical(root, &canonical, &err));
    FB_TEST_OK(fb_registry_assume(history->registry, fb_buf_str(&canonical), hour(h), &err));
    fb_buf_release(&canonical);
    fb_arena_release(&arena);
    history->records++;
}

static void begin(struct history *history)
{
    memset(history, 0, sizeof(*history));
    FB_TEST_OK(fb_registry_new(&history->registry, &err));
    for (int p = 0; p < 3; p++) {
        char name[20];
        snprintf(name, sizeof(name), "%d", p);
        assume(history, 0, "party", name, "", "\"role\":\"developer\",\"title\":\"P\"");
    }
}

/* A system comes on record, or is described anew. */
static void say_system(struct history *history, int h, int s, const struct version *version)
{
    char body[600], from[200] = "", figure[100] = "", name[40], more[60] = "";
    int n = history->version_count[s];
    if (version->parent_count > 0) {
        snprintf(from, sizeof(from), ",\"derivation\":\"%s\",\"derived_from\":\"system/%d\"",
            ways[version->way], version->parents[0]);
    }
    if (version->parent_count > 1) {
        size_t used = strlen(from);
        snprintf(from + used, sizeof(from) - used, ",\"also_from\":[\"system/%d\"]",
            version->parents[1]);
    }
    if (version->declared > 0) {
        snprintf(figure, sizeof(figure), ",\"training_compute_flop\":%.17g", version->declared);
    }
    snprintf(body, sizeof(body), "\"title\":\"S\",\"developer\":\"party/%d\"%s%s%s",
        version->developer, from, figure,
        version->modelled ? ",\"parameters\":1e+12,\"training_tokens\":1e+12" : "");
    snprintf(name, sizeof(name), n ? "%d-%d" : "%d", s, n);
    if (n) {
        snprintf(more, sizeof(more),
            n > 1 ? ",\"supersedes\":\"system/%d-%d\"" : ",\"supersedes\":\"system/%d\"", s, n - 1);
    }
    assume(history, h, "system", name, more, body);
    history->versions[s][n] = *version;
    history->versions[s][n].from = h;
    history->version_count[s]++;
}

static void draw_system(struct history *history, int h, int s)
{
    static const enum way drawn[12] = {WAY_NEW, WAY_NEW, WAY_TAUGHT, WAY_OTHER, WAY_TUNED,
        WAY_TUNED, WAY_TUNED, WAY_TUNED, WAY_TUNED, WAY_TUNED, WAY_TUNED, WAY_TUNED};
    static const double figures[] = {0, 0, 1e24, 2e24, 3e24, 4e24, 5e24, 6e24, 9e24};
    struct version version = {.developer = draw(3),
        .way = s == 0 ? WAY_NEW : drawn[draw(12)],
        .declared = figures[draw(9)],
        .modelled = draw(4) == 0};
    if (version.way != WAY_NEW) {
        version.parent_count = s > 1 && draw(3) == 0 ? 2 : 1;
        version.parents[0] = draw(s);
        version.parents[1] = (version.parents[0] + 1 + draw(s > 1 ? s - 1 : 1)) % s;
    }
    say_system(history, h, s, &version);
}

static void draw_run(struct history *history, int h)
{
    static const double plans[] = {-1, 1e23, 3e23, 1e24, 2e24};
    int n = history->run_count, older = -1;
    struct drawn_run run = {.from = h,
        .until = HOURS + 1,
        .system = draw(SYSTEMS),
        .state = draw(3),
        .purpose = draw(3),
        .plan = plans[draw(5)]};
    char body[300], name[20], more[100], plan[60] = "";
    for (int i = 0; i < n && older < 0 && draw(2); i++) {
        older = history->runs[i].until > HOURS ? i : -1;
    }
    if (run.plan >= 0) {
        snprintf(plan, sizeof(plan), ",\"planned_flop\":%.17g", run.plan);
    }
    snprintf(body, sizeof(body), "\"title\":\"R\",\"state\":\"%s\",\"purpose\":\"%s\"%s",
        states[run.state], purposes[run.purpose], plan);
    snprintf(name, sizeof(name), "%d", n);
    snprintf(more, sizeof(more), ",\"subject\":\"system/%d\"", run.system);
    if (older >= 0) {
        run.system = history->runs[older].system;
        snprintf(more, sizeof(more), ",\"subject\":\"system/%d\"", run.system);
        size_t used = strlen(more);
        snprintf(more + used, sizeof(more) - used, ",\"supersedes\":\"run/%d\"", older);
        history->runs[older].until = h;
    }
    assume(history, h, "run", name, more, body);
    history->runs[history->run_count++] = run;
}

/* ---- the direct reading ---- */

static const struct version *version_at(const struct history *history, int s, int h)
{
    const struct version *found = NULL;
    for (int i = 0; i < history->version_count[s]; i++) {
        found = history->versions[s][i].from <= h ? &history->versions[s][i] : found;
    }
    return found;
}

static bool ever_modified(const struct history *history, int s)
{
    bool any = false;
    for (int i = 0; i < history->version_count[s]; i++) {
        any = any || history->versions[s][i].way != WAY_NEW;
    }
    return any;
}

static bool descends(const struct history *history, int s, int from, int h)
{
    const struct version *v = version_at(history, s, h);
    bool found = s == from;
    for (int i = 0; i < v->parent_count && v->way != WAY_TAUGHT; i++) {
        found = found || descends(history, v->parents[i], from, h);
    }
    return found;
}

static double all_low(const struct history *history, int s, int h)
{
    const struct version *v = version_at(history, s, h);
    double low = v->modelled ? 6e24 * (1 - FB_TRAINING_MARGIN) : 0;
    for (int i = 0; i < v->parent_count && v->way == WAY_TUNED; i++) {
        low = fmax(low, all_low(history, v->parents[i], h));
    }
    return v->declared > 0 ? v->declared : low;
}

static double all_high(const struct history *history, int s, int h)
{
    const struct version *v = version_at(history, s, h);
    double high = v->modelled ? 6e24 * (1 + FB_TRAINING_MARGIN) : INFINITY;
    for (int i = 0; i < v->parent_count && v->way != WAY_TAUGHT; i++) {
        high += all_high(history, v->parents[i], h);
    }
    return v->declared > 0 ? v->declared : high;
}

/* The most that a system has beyond an original. */
static double beyond(const struct history *history, int s, int original, int h)
{
    const struct version *v = version_at(history, s, h);
    double runs = 0, own = v->modelled ? 6e24 * (1 + FB_TRAINING_MARGIN) : -1;
    bool any = false, unsaid = false, at_hand = false;
    if (s == original) {
        return 0;
    }
    if (!descends(history, s, original, h)) {
        return all_high(history, s, h);
    }
    for (int i = 0; i < history->run_count && ever_modified(history, s); i++) {
        const struct drawn_run *r = &history->runs[i];
        if (r->system == s && r->from <= h && h < r->until && r->purpose != 1) {
            any = true;
            unsaid = unsaid || r->plan < 0;
            at_hand = at_hand || r->state == 0;
            runs += fmax(r->plan, 0);
        }
    }
    own = any && !unsaid ? fmax(own, runs) : own;
    for (int i = 0; i < v->parent_count && own >= 0; i++) {
        own += beyond(history, v->parents[i], original, h);
    }
    own = isfinite(own) ? own : -1;
    if (v->declared > 0) {
        double rest = v->declared - all_low(history, original, h);
        own = rest < 0 ? INFINITY : fmax(own, rest);
    }
    return own < 0 || (unsaid && at_hand) ? INFINITY : own;
}

/* Whether a system is met from a modification by systems of its developer; *unclear when how one of
 * them was made is not said. */
static bool meets(
    const struct history *history, int s, int developer, int other, int h, bool *unclear)
{
    const struct version *v = version_at(history, s, h);
    bool found = false;
    for (int i = 0; i < v->parent_count && v->developer == developer && v->way != WAY_TAUGHT; i++) {
        bool here = v->parents[i] == other;
        bool there = meets(history, v->parents[i], developer, other, h, unclear);
        *unclear = *unclear || ((here || there) && v->way == WAY_OTHER);
        found = found || here || there;
    }
    return found;
}

/* The fact about a system and an original at an hour; NULL: none. */
static const struct fb_timed *fact_at(const struct fb_work *work, int s, int original, int h)
{
    int relation = fb_policy_relation("share_of_original");
    const struct fb_timed *found = NULL;
    char system[20], from[20];
    snprintf(system, sizeof(system), "system/%d", s);
    snprintf(from, sizeof(from), "system/%d", original);
    for (size_t i = 0; i < work->timed_count; i++) {
        const struct fb_timed *tuple = &work->timed[i];
        if ((int)tuple->relation == relation && tuple->from <= hour(h) && hour(h) < tuple->until &&
            fb_str_is(tuple->values[0].u.text, system) &&
            fb_str_is(tuple->values[4].u.text, from)) {
            assert_null(found);
            found = tuple;
        }
    }
    return found;
}

static bool is_near(const struct fb_value *value, double want)
{
    bool none = value->type == FB_TYPE_NONE;
    return none ? !isfinite(want)
                : fabs(value->u.number - want) <= 1e-11 * fmax(fabs(want), value->u.number);
}

/* Whether a developer went on with its own. */
static bool goes_on(const struct version *v, const struct version *original, int o)
{
    bool any = false;
    for (int i = 0; i < v->parent_count && v->way != WAY_TAUGHT; i++) {
        any = any || (v->parents[i] == o && original->developer == v->developer);
    }
    return any;
}

static size_t bounded, unbounded;

static void compare(const struct history *history, const struct fb_work *work, int s, int o, int h)
{
    const struct version *v = version_at(history, s, h);
    const struct fb_timed *fact = fact_at(work, s, o, h);
    const struct version *original = version_at(history, o, h);
    bool unclear = false, met = meets(history, s, v->developer, o, h, &unclear);
    bool is = met && (original->developer != v->developer || goes_on(v, original, o));
    if ((fact != NULL) != is) {
        fail_msg("hour %d: %d of %d: %s", h, s, o, is ? "no fact" : "a fact");
    }
    if (!is) {
        return;
    }
    double most = unclear ? INFINITY : beyond(history, s, o, h), low = all_low(history, o, h);
    double share = low > 0 ? most / low : INFINITY;
    if (!is_near(&fact->values[9], share) || !is_near(&fact->values[11], most) ||
        !is_near(&fact->values[12], low > 0 ? low : INFINITY)) {
        fail_msg("hour %d: %d of %d: %.*s, not %g of %g", h, s, o, FB_STR_ARG(fact->why->text),
            most, low);
    }
    assert_true(fact->values[8].u.number <= share * (1 + 1e-11));
    assert_true(fact->values[10].u.number <= most * (1 + 1e-11));
    *(isfinite(share) ? &bounded : &unbounded) += 1;
}

static enum fb_code no_blob(void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *e)
{
    (void)ctx;
    (void)digest;
    (void)out;
    return fb_err_set(e, FB_E_NOT_FOUND, "there is none");
}

static void evaluate(const struct history *history, struct fb_arena *arena,
    struct fb_picture *picture, struct fb_govern_input *input)
{
    *input = (struct fb_govern_input){.registry = history->registry,
        .now = hour(HOURS),
        .as_of = FB_TIME_MAX,
        .read_blob = no_blob};
    FB_TEST_OK(fb_govern_evaluate(input, arena, picture, &err));
}

static void test_random(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct history history;
        struct fb_govern_input input;
        struct fb_picture picture;
        struct fb_arena arena;
        begin(&history);
        int at = 0;
        for (int s = 0; s < SYSTEMS; s++) {
            draw_system(&history, at, s);
        }
        for (int i = 0; i < STEPS; i++) {
            at += draw(3);
            if (draw(2)) {
                draw_run(&history, at);
            } else {
                draw_system(&history, at, draw(SYSTEMS));
            }
        }
        fb_arena_init(&arena, (size_t)1 << 28);
        evaluate(&history, &arena, &picture, &input);
        for (int h = 0; h < HOURS; h++) {
            for (int pair = 0; pair < SYSTEMS * SYSTEMS; pair++) {
                compare(&history, picture.work, pair / SYSTEMS, pair % SYSTEMS, h);
            }
        }
        fb_arena_release(&arena);
        fb_registry_free(history.registry);
    }
    assert_true(bounded > 1000 && unbounded > 1000);
}

/* A third is a third, whichever figures it is computed of. */
static void test_third(void **state)
{
    (void)state;
    for (int n = 1; n < 60; n++) {
        struct history history;
        struct fb_govern_input input;
        struct fb_picture picture;
        struct fb_arena arena;
        double whole = 3.3e22 * n * n;
        begin(&history);
        say_system(&history, 0, 0, &(struct version){.developer = 1, .declared = whole});
        say_system(&history, 0, 1,
            &(struct version){.developer = 2,
                .way = WAY_TUNED,
                .parent_count = 1,
                .declared = whole + 1.1e22 * n * n});
        fb_arena_init(&arena, (size_t)1 << 28);
        evaluate(&history, &arena, &picture, &input);
        const struct fb_timed *fact = fact_at(picture.work, 1, 0, HOURS);
        assert_non_null(fact);
        assert_true(fact->values[9].u.number == 0.333333333333);
        fb_arena_release(&arena);
        fb_registry_free(history.registry);
    }
}

/* Of a merge of more originals than figures are computed for nothing is ruled out. */
static void test_many(void **state)
{
    (void)state;
    for (int count = FB_SHARES_MAX; count <= FB_SHARES_MAX + 1; count++) {
        struct history history;
        struct fb_govern_input input;
        struct fb_picture picture;
        struct fb_arena arena;
        static char body[TEXT_MAX];
        begin(&history);
        size_t used = (size_t)snprintf(body, sizeof(body),
            "\"title\":\"M\",\"developer\":\"party/2\",\"training_compute_flop\":1e+26,"
            "\"derivation\":\"merging\",\"derived_from\":\"system/0\",\"also_from\":[");
        for (int i = 0; i < count; i++) {
            char name[20];
            snprintf(name, sizeof(name), "%d", i);
            assume(&history, 0, "system", name, "",
                "\"title\":\"S\",\"developer\":\"party/1\",\"training_compute_flop\":1e+24");
            used += i ? (size_t)snprintf(body + used, sizeof(body) - used, "%s\"system/%d\"",
                            i > 1 ? "," : "", i)
                      : 0;
        }
        snprintf(body + used, sizeof(body) - used, "]");
        assume(&history, 1, "system", "500", "", body);
        fb_arena_init(&arena, (size_t)1 << 28);
        evaluate(&history, &arena, &picture, &input);
        const struct fb_timed *fact = fact_at(picture.work, 500, 7, HOURS);
        assert_non_null(fact);
        assert_true((fact->values[9].type == FB_TYPE_NONE) == (count > FB_SHARES_MAX));
        fb_arena_release(&arena);
        fb_registry_free(history.registry);
    }
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random), cmocka_unit_test(test_third), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
