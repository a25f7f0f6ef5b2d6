/* policy_diff.c: histories on which two policies differ. */
#include "govern/policy_diff.h"

#include <string.h>

#include "base/assert.h"
#include "govern/evaluate.h"
#include "govern/scene.h"
#include "govern/test_history.h"
#include "lang/lint.h"

enum {
    SCRATCH_MAX = 1 << 27,
    GIVEN_MAX = 1 << 16,
    ASKS_MAX = 12,
    RATES_MAX = 2 + 4 * 5 * 3, /* see collect_rates */
    LATE_DAYS = 400,
    LARGE_SAMPLE = 20000,
    TURN_DAYS = 3,
    DOUBTS = 100, /* tries to contradict what was proved */
};

/* A search for one clause. */
struct search {
    const struct fb_policy_source *sources[2];
    const struct fb_program *programs[2];
    struct fb_arena *arena; /* of the results */
    struct fb_policy_diff_item *item;
    struct fb_scene scene;
    size_t tries_clause; /* at most, for any clause */
    size_t tries_max;    /* for this one */
    bool proven;         /* the other direction is not expected: a few tries more will do */
    bool together;       /* both must bind at once, where otherwise they must differ */
    uint64_t counter;
    struct fb_policy_errors *ignored; /* of histories that are none */
    struct fb_err *err;
    enum fb_code code; /* not FB_OK: memory ran out */
};

/* What one policy says of the clause at one moment. */
struct state {
    int rank; /* how adverse; equal ranks are no difference */
    const char *status;
    fb_time deadline; /* FB_TIME_MAX: none */
};

/* Splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014),
 * of a counter: the same search on every machine. */
static size_t pick(struct search *search, size_t count)
{
    uint64_t x = (search->counter += 0x9E3779B97F4A7C15u);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (size_t)((x ^ (x >> 31)) % (count ? count : 1));
}

static int line_rank(enum fb_line_status status)
{
    static const int ranks[] = {[FB_LINE_OUT_OF_SCOPE] = 0,
        [FB_LINE_RULED_OUT] = 1,
        [FB_LINE_NOT_RULED_OUT] = 2,
        [FB_LINE_CROSSED] = 3};
    return ranks[status];
}

static int duty_rank(enum fb_duty_status status)
{
    static const int ranks[] = {[FB_DUTY_OWED] = 1,
        [FB_DUTY_MET] = 0,
        [FB_DUTY_MET_LATE] = 2,
        [FB_DUTY_OVERDUE] = 3,
        [FB_DUTY_BROKEN] = 3,
        [FB_DUTY_HELD] = 1,
        [FB_DUTY_RELAXED] = 0,
        [FB_DUTY_UNDATED] = 1,
        [FB_DUTY_WAIVED] = 0};
    return ranks[status];
}

/* The most adverse verdict of the clause in a picture. */
static struct state state_of(
    const struct fb_picture *picture, const struct fb_clause_change *clause, size_t side)
{
    struct state state = {0, "not owed", FB_TIME_MAX};
    const struct fb_redline *line = clause->lines[side];
    const struct fb_duty *duty = clause->duties[side];
    for (size_t i = 0; line && i < picture->line_count; i++) {
        const struct fb_line_view *view = &picture->lines[i];
        if (fb_str_eq(view->rule->name, line->name)) {
            state.rank = line_rank(view->status);
            state.status = fb_line_status_name(view->status);
        }
    }
    bool first = true;
    for (size_t i = 0; duty && i < picture->duty_count; i++) {
        const struct fb_obligation *o = &picture->duties[i].obligation;
        if (fb_str_eq(o->duty->name, duty->name) && (first || duty_rank(o->status) > state.rank)) {
            state.rank = duty_rank(o->status);
            state.status = fb_duty_status_name(o->status);
            state.deadline = o->deadline;
            first = false;
        }
    }
    return state;
}

/* Asks one policy; false when the history is not one that its records allow, or memory ran out. */
static bool ask(
    struct search *search, const struct fb_test *test, size_t side, fb_time at, struct state *out)
{
    struct fb_arena scratch;
    struct fb_picture picture;
    struct fb_registry *registry = NULL;
    struct fb_err err;
    struct fb_test_history history = {
        .test = test, .policy = search->sources[side]->text, .name = search->sources[side]->name};
    fb_err_init(&err);
    fb_arena_init(&scratch, SCRATCH_MAX);
    enum fb_code code = fb_test_history_build(&history, at, &scratch, &registry, &err);
    if (code == FB_OK) {
        struct fb_govern_input input = {.registry = registry,
            .now = at,
            .as_of = FB_TIME_MAX,
            .read_blob = fb_test_history_blob,
            .blob_ctx = &history};
        code = fb_govern_evaluate(&input, &scratch, &picture, &err);
    }
    if (code == FB_OK) {
        *out = state_of(&picture, search->item->clause, side);
    }
    fb_registry_free(registry);
    fb_arena_release(&scratch);
    return code == FB_OK;
}

static struct fb_str say(struct search *search, const struct state *state)
{
    char text[FB_TIME_TEXT];
    return state->deadline == FB_TIME_MAX
               ? fb_arena_printf(search->arena, "%s", state->status)
               : fb_arena_printf(search->arena, "%s, due %s", state->status,
                     fb_time_format_short(state->deadline, text));
}

static void keep(struct search *search, struct fb_policy_example *example, struct fb_str given,
    fb_time at, const struct state states[2])
{
    if (example->given.len > 0) {
        return;
    }
    example->at = at;
    example->older = say(search, &states[0]);
    example->newer = say(search, &states[1]);
    if (fb_arena_str(search->arena, given, &example->given, search->err) != FB_OK ||
        !example->older.ptr || !example->newer.ptr) {
        search->code = fb_arena_failed(search->arena, search->err);
    }
}

static bool done(const struct search *search)
{
    const struct fb_policy_diff_item *item = search->item;
    bool stricter = item->stricter.given.len > 0, weaker = item->weaker.given.len > 0;
    return search->code != FB_OK || item->tries >= search->tries_max || (stricter && weaker) ||
           (search->together && stricter) ||
           (search->proven && (stricter || weaker) && item->tries >= DOUBTS);
}

/* Reads the lines of `given` as a test; NULL when they are not one. */
static const struct fb_test *read_given(
    struct fb_str given, struct fb_arena *arena, struct fb_policy_errors *errors)
{
    struct fb_buf text;
    const struct fb_test *test = NULL;
    struct fb_str line, kept;
    fb_buf_init(&text, GIVEN_MAX * 2);
    fb_buf_add_c(&text, "policy \"x\"\n  title \"x\"\n  version 1\ntest \"x\"\n  given\n");
    while (fb_str_line(&given, &line)) {
        fb_buf_addf(&text, "    %.*s\n", FB_STR_ARG(line));
    }
    fb_buf_add_c(&text, "  expect nothing owed\n");
    struct fb_err err;
    fb_err_init(&err);
    if (fb_arena_str(arena, fb_buf_str(&text), &kept, &err) != FB_OK ||
        fb_policy_tests(kept, "history", arena, &test, errors) != FB_OK) {
        test = NULL;
    }
    fb_buf_release(&text);
    return test;
}

/* Plays a history and asks both policies at the moments. out_due takes the deadlines they set. */
static void play(struct search *search, const struct fb_buf *given, const fb_time *asks,
    size_t ask_count, fb_time out_due[2])
{
    struct fb_arena arena;
    search->item->tries++;
    fb_arena_init(&arena, SCRATCH_MAX);
    const struct fb_test *test = read_given(fb_buf_str(given), &arena, search->ignored);
    for (size_t i = 0; test && i < ask_count; i++) {
        struct state states[2];
        if (!ask(search, test, 0, asks[i], &states[0]) ||
            !ask(search, test, 1, asks[i], &states[1])) {
            break;
        }
        out_due[0] = states[0].deadline;
        out_due[1] = states[1].deadline;
        bool differ = states[0].rank != states[1].rank;
        bool bind = (states[0].rank == 1 || states[0].rank == 3) && states[1].rank == 1;
        if (search->together ? bind : differ) {
            bool stricter = search->together || states[1].rank > states[0].rank;
            keep(search, stricter ? &search->item->stricter : &search->item->weaker,
                fb_buf_str(given), asks[i], states);
        }
    }
    fb_arena_release(&arena);
}

static bool has_group(const struct fb_scene *scene, unsigned group)
{
    for (size_t i = 0; i < scene->field_count; i++) {
        if (scene->fields[i].group == group) {
            return true;
        }
    }
    return false;
}

/* Adds the instants at which a promise ends, just after, whose line was measured early in the
 * scene: the dwell of each pace. */
static size_t add_relaxed(const struct search *search, fb_time *asks, size_t count)
{
    for (size_t side = 0; side < 2; side++) {
        const struct fb_duty *duty = search->item->clause->duties[side];
        for (int level = 0; level < FB_PACE_LEVELS; level++) {
            int64_t dwell = fb_duty_terms_at(duty, level).relax_after;
            fb_time at = fb_time_add(fb_scene_time(FB_SCENE_MEASURED), dwell) + FB_MINUTE;
            bool known = dwell == 0;
            for (size_t i = 0; i < count; i++) {
                known = known || asks[i] == at;
            }
            if (!known && count < ASKS_MAX - 1) {
                asks[count++] = at;
            }
        }
    }
    return count;
}

/* Plays one choice of the fields: nothing done, then the act around each deadline. */
static void play_duty(struct search *search, struct fb_scene_choice *choice)
{
    struct fb_buf given;
    const fb_time start = fb_scene_opened(&search->scene);
    fb_time due[2] = {FB_TIME_MAX, FB_TIME_MAX}, acts[8] = {start + FB_HOUR};
    fb_time asks[ASKS_MAX] = {start + FB_MINUTE, start + LATE_DAYS * FB_DAY};
    size_t act_count = 1, ask_count = 2;
    fb_buf_init(&given, GIVEN_MAX);
    choice->act = choice->before = FB_TIME_MAX;
    fb_scene_write(&search->scene, choice, &given);
    play(search, &given, asks, 1, due);
    for (size_t side = 0; side < 2; side++) {
        if (due[side] != FB_TIME_MAX && due[side] > start + FB_MINUTE) {
            acts[act_count++] = due[side] - FB_MINUTE;
            acts[act_count++] = due[side] + FB_MINUTE;
            asks[ask_count++] = due[side] + FB_MINUTE;
        }
    }
    ask_count = add_relaxed(search, asks, ask_count);
    play(search, &given, asks, ask_count, due);
    bool before = has_group(&search->scene, FB_SCENE_BEFORE);
    for (size_t i = 0; i < act_count * (before ? 2 : 1) && !done(search); i++) {
        choice->act = acts[i % act_count];
        choice->before = i < act_count ? FB_TIME_MAX : choice->act - FB_MINUTE;
        asks[ask_count] = choice->act + 2 * FB_MINUTE;
        fb_buf_clear(&given);
        fb_scene_write(&search->scene, choice, &given);
        play(search, &given, asks, ask_count + 1, due);
        fb_time ignored[2];
        choice->act = before ? FB_TIME_MAX : choice->act;
        if (before && i >= act_count) {
            fb_buf_clear(&given);
            fb_scene_write(&search->scene, choice, &given);
            play(search, &given, asks, ask_count + 1, ignored);
        }
    }
    fb_buf_release(&given);
}

static bool line_is_paced(const struct fb_redline *line)
{
    return line && (line->at_pace[FB_PACE_FAST] || line->at_pace[FB_PACE_NORMAL] ||
                       line->at_pace[FB_PACE_SLOW]);
}

/* True when the pace may make a difference: progress is a part of the histories, too. */
static bool is_paced(const struct search *search)
{
    const struct fb_clause_change *clause = search->item->clause;
    bool paced = false;
    for (size_t side = 0; side < 2; side++) {
        paced = paced || search->programs[side]->pace.asked || line_is_paced(clause->lines[side]) ||
                (clause->duties[side] && clause->duties[side]->paced);
    }
    return paced;
}

/* The n-th choice: first all fields as they come, then one changed at a time, then by chance. */
static void choose(struct search *search, size_t n, struct fb_scene_choice *out)
{
    const struct fb_scene *scene = &search->scene;
    *out = (struct fb_scene_choice){.act = FB_TIME_MAX, .before = FB_TIME_MAX};
    size_t states = scene->task_count ? FB_SCENE_STATES : 1;
    size_t paces = is_paced(search) ? FB_SCENE_PACES : 1;
    size_t single = n / states / paces;
    out->measured = (enum fb_scene_measured)(n % states);
    out->pace = (enum fb_scene_pace)(n / states % paces);
    out->turns = fb_scene_triggered(scene) + TURN_DAYS * FB_DAY;
    /* Acts were collected last, and differ most. */
    for (size_t i = scene->field_count; i-- > 0;) {
        unsigned choices = fb_scene_choices(&scene->fields[i]);
        if (single > 0 && single < choices) {
            out->fields[i] = (unsigned)single;
            return;
        }
        single -= single < choices ? single : choices - 1;
    }
    for (size_t i = 0; i < scene->field_count && single > 0; i++) {
        out->fields[i] = (unsigned)pick(search, fb_scene_choices(&scene->fields[i]));
    }
}

/* The acts that open a duty behind `hence`, the first of the chain first. How many there are. */
static size_t collect_steps(struct fb_scene_rule *rule, const struct fb_duty *duty)
{
    if (!duty->after) {
        return 0;
    }
    size_t step = collect_steps(rule, duty->after);
    FB_ASSERT(step < FB_POLICY_CHAIN_MAX);
    fb_scene_collect(rule, duty->after->act, FB_SCENE_STEP + (unsigned)step);
    return step + 1;
}

static void collect_duty(struct search *search, const struct fb_duty *duty)
{
    struct fb_scene_rule rule = {.scene = &search->scene};
    size_t steps;
    fb_scene_collect(&rule, duty->when, FB_SCENE_TRIGGER);
    fb_scene_collect(&rule, duty->given, FB_SCENE_TRIGGER);
    fb_scene_collect(&rule, duty->during, FB_SCENE_TRIGGER);
    for (size_t i = 0; i < duty->within_count; i++) {
        fb_scene_collect(&rule, duty->within[i].guard, FB_SCENE_TRIGGER);
    }
    steps = collect_steps(&rule, duty);
    search->scene.step_count = steps > search->scene.step_count ? steps : search->scene.step_count;
    fb_scene_collect(&rule, duty->act, FB_SCENE_ACT);
    fb_scene_collect(&rule, duty->before, FB_SCENE_BEFORE);
}

/* True when a duty counts months: they have 28, 30 or 31 days. */
static bool counts_months(const struct fb_duty *duty)
{
    bool months = duty->every && duty->every_unit == FB_UNIT_MONTHS;
    for (size_t i = 0; i < duty->within_count; i++) {
        months = months || duty->within[i].unit == FB_UNIT_MONTHS;
    }
    return months;
}

static void search_duty(struct search *search)
{
    const struct fb_clause_change *clause = search->item->clause;
    const struct fb_term *party = clause->duties[1]->party;
    if (party->kind == FB_TERM_CONST) {
        search->scene.party = party->value.u.text;
    }
    for (size_t side = 0; side < 2; side++) {
        collect_duty(search, clause->duties[side]);
    }
    /* From 5 March, 5 February and 2 April on: the first choice with each, then each in turn. */
    static const int64_t later[] = {0, -4, 4};
    const size_t months = sizeof(later) / sizeof(later[0]);
    bool many = counts_months(clause->duties[0]) || counts_months(clause->duties[1]);
    for (size_t n = 0; !done(search); n++) {
        struct fb_scene_choice choice;
        search->scene.later = many ? later[n % months] : 0;
        choose(search, !many ? n : n < months ? 0 : n + 1 - months, &choice);
        play_duty(search, &choice);
    }
}

/* What a line compares a rate with. */
enum { MARKS = 3 };

static void mark(const struct fb_redline *line, double out[MARKS])
{
    double threshold = fb_decimal_to_double(line->threshold);
    double clears = line->has_clears ? fb_decimal_to_double(line->clears_below) : threshold;
    out[0] = threshold;
    out[1] = fb_redline_reaching(line, threshold);
    out[2] = fb_redline_reaching(line, clears);
}

/* Rates just off everything that two lines compare a rate with, and between the two. At a pace that
 * has terms of its own, these count as well. */
static size_t collect_rates(const struct fb_clause_change *clause, double out[RATES_MAX])
{
    size_t count = 0;
    out[count++] = 0;
    out[count++] = 1;
    for (int level = -1; level < FB_PACE_LEVELS; level++) {
        double marks[2][MARKS];
        bool own = level < 0;
        for (size_t side = 0; side < 2; side++) {
            const struct fb_redline *line = clause->lines[side];
            own = own || line->at_pace[level];
            mark(level >= 0 && line->at_pace[level] ? line->at_pace[level] : line, marks[side]);
        }
        for (size_t i = 0; i < MARKS && own; i++) {
            for (size_t side = 0; side < 2; side++) {
                out[count++] = marks[side][i] * 0.97 - 0.001;
                out[count++] = marks[side][i] * 1.03 + 0.001;
            }
            out[count++] = (marks[0][i] + marks[1][i]) / 2;
        }
    }
    FB_ASSERT(count <= RATES_MAX);
    return count;
}

/* How the measures of a red line are evaluated once. */
struct result {
    double rate;
    int64_t samples;
    struct fb_str elicited; /* empty: not said */
    bool own;               /* by the developer */
    size_t left_out;        /* this task is not measured */
};

/* The n-th result: first without a success, as large as either line needs, just too small, and with
 * each elicitation; then by chance. */
static struct result result_of(struct search *search, size_t n, double rate)
{
    enum { PLAIN = 12 };
    const struct fb_clause_change *clause = search->item->clause;
    const struct fb_needs *needs = &clause->lines[n < PLAIN ? n % 2 : pick(search, 2)]->needs;
    const int64_t sizes[] = {needs->samples, needs->samples - 1, LARGE_SAMPLE};
    int64_t samples = sizes[n < PLAIN ? n / 2 % 3 : pick(search, 3)];
    size_t elicited = n < PLAIN ? n / 6 : pick(search, needs->elicited_count + 2);
    struct result result = {.rate = n < PLAIN ? 0 : rate,
        .samples = samples > 0 ? samples : LARGE_SAMPLE,
        .own = n >= PLAIN && pick(search, 4) == 0,
        .left_out = n % 5 == 4 ? pick(search, search->scene.task_count) : SIZE_MAX};
    if (elicited < needs->elicited_count) {
        result.elicited = needs->elicited[elicited];
    }
    return result;
}

static void put_result(
    struct search *search, fb_time at, const struct result *result, struct fb_buf *given)
{
    char moment[FB_TIME_TEXT];
    double rate = result->rate < 0 ? 0 : result->rate > 1 ? 1 : result->rate;
    for (size_t i = 0; i < search->scene.task_count; i++) {
        if (i == result->left_out) {
            continue;
        }
        fb_buf_addf(given, "%s by \"%.*s\": evaluation of \"s\" on \"%.*s\": %lld of %lld",
            fb_time_format_short(at, moment),
            FB_STR_ARG(result->own ? search->scene.party : FB_STR("lab")),
            FB_STR_ARG(search->scene.tasks[i]), (long long)((double)result->samples * rate),
            (long long)result->samples);
        if (result->elicited.len) {
            fb_buf_addf(given, ", elicitation \"%.*s\"", FB_STR_ARG(result->elicited));
        }
        fb_buf_add_char(given, '\n');
    }
}

/* One history of a line: measured once, or crossed and then measured twice more. */
static void play_line(struct search *search, size_t n, const double *rates, size_t rate_count)
{
    struct fb_scene_choice choice;
    struct fb_buf given;
    const struct fb_redline *line = search->item->clause->lines[pick(search, 2)];
    const bool latch = n % 3 == 2;
    struct result result = result_of(search, n, rates[pick(search, rate_count)]);
    fb_time last = fb_scene_time(FB_SCENE_MEASURED), age = line->needs.age_us, ignored[2];
    fb_buf_init(&given, GIVEN_MAX);
    choose(search, n * FB_SCENE_STATES, &choice);
    choice.turns = FB_TIME_MAX;
    fb_scene_write(&search->scene, &choice, &given);
    if (latch) {
        /* What clears a crossing: every rate in turn, on enough samples. */
        result.rate = rates[n / 3 % rate_count];
        result.samples = LARGE_SAMPLE;
        result.left_out = SIZE_MAX;
        struct result crossing = {.rate = 1, .samples = LARGE_SAMPLE, .left_out = SIZE_MAX};
        put_result(search, last, &crossing, &given);
        last += FB_DAY;
        put_result(search, last, &result, &given);
        int64_t dwell = line->dwell_us - (pick(search, 2) ? FB_DAY : 0);
        last += dwell > 0 ? dwell : FB_DAY;
    }
    put_result(search, last, &result, &given);
    fb_scene_write_turn(&search->scene, &choice, last + FB_HOUR, &given);
    fb_time asks[3] = {
        last + FB_MINUTE, last + (age > FB_DAY ? age - FB_DAY : FB_DAY), last + age + FB_DAY};
    play(search, &given, asks, 3, ignored);
    fb_buf_release(&given);
}

static void search_line(struct search *search)
{
    const struct fb_clause_change *clause = search->item->clause;
    double rates[RATES_MAX];
    size_t rate_count = collect_rates(clause, rates);
    for (size_t side = 0; side < 2; side++) {
        struct fb_scene_rule rule = {.scene = &search->scene};
        const struct fb_redline *line = clause->lines[side];
        fb_scene_collect(&rule, line->inside, FB_SCENE_TRIGGER);
        fb_scene_collect(&rule, line->outside, FB_SCENE_TRIGGER);
        fb_scene_add_tasks(&search->scene, line);
    }
    for (size_t n = 0; !done(search); n++) {
        play_line(search, n, rates, rate_count);
    }
}

/* Differences that no status shows: words, and what follows a breach. */
static bool shows(const struct fb_clause_change *clause)
{
    for (size_t i = 0; i < clause->aspect_count; i++) {
        const struct fb_aspect *aspect = &clause->aspects[i];
        if (aspect->change != FB_CHANGE_REWORDED && strcmp(aspect->name, "lest") != 0) {
            return true;
        }
    }
    return false;
}

/* What is shown and what was found, together. */
static enum fb_change conclude(const struct fb_policy_diff_item *item)
{
    bool stricter = item->stricter.given.len > 0, weaker = item->weaker.given.len > 0;
    enum fb_change change = item->clause->change;
    bool contradicted =
        (change == FB_CHANGE_STRICTER && weaker) || (change == FB_CHANGE_WEAKER && stricter);
    return contradicted || (change == FB_CHANGE_UNDECIDED && stricter && weaker)
               ? FB_CHANGE_INCOMPARABLE
               : change;
}

static enum fb_code search_all(
    struct search *search, const struct fb_policy_change *change, struct fb_policy_diff *diff)
{
    size_t total = 0;
    for (size_t i = 0; i < change->clause_count && search->code == FB_OK; i++) {
        struct fb_policy_diff_item *item = &diff->items[diff->count++];
        item->clause = &change->clauses[i];
        search->item = item;
        search->scene = (struct fb_scene){
            .programs = {search->programs[0], search->programs[1]}, .party = FB_STR("dev")};
        size_t left = FB_POLICY_DIFF_TRIES_TOTAL_MAX - total;
        search->tries_max = left < search->tries_clause ? left : search->tries_clause;
        search->proven =
            item->clause->change == FB_CHANGE_STRICTER || item->clause->change == FB_CHANGE_WEAKER;
        if (shows(item->clause) && item->clause->lines[0] && item->clause->lines[1]) {
            search_line(search);
        } else if (shows(item->clause) && item->clause->duties[0] && item->clause->duties[1]) {
            search_duty(search);
        }
        total += item->tries < left ? item->tries : left;
        item->change = conclude(item);
        diff->change = fb_change_join(diff->change, item->change);
    }
    return search->code;
}

enum fb_code fb_policy_diff_run(const struct fb_policy_source sources[2], size_t tries,
    struct fb_arena *arena, struct fb_policy_diff *out, struct fb_policy_errors *errors)
{
    struct fb_policy_change change;
    struct fb_policy_diff diff = {0};
    struct fb_policy_errors *ignored = NULL;
    struct fb_program *programs[2] = {NULL, NULL};
    FB_ASSERT(sources && out && errors);
    FB_ASSERT(tries <= FB_POLICY_DIFF_TRIES_MAX);
    for (size_t i = 0; i < 2; i++) {
        enum fb_code code =
            fb_policy_compile(sources[i].text, sources[i].name, arena, &programs[i], errors);
        if (code != FB_OK) {
            return code;
        }
    }
    struct fb_err *err = &errors->items[0];
    fb_err_init(err);
    enum fb_code code = fb_policy_compare(programs[0], programs[1], arena, &change, err);
    if (code == FB_OK) {
        diff.items = FB_ARENA_ARRAY(arena, struct fb_policy_diff_item, change.clause_count + 1);
        ignored = FB_ARENA_NEW(arena, struct fb_policy_errors);
        code = diff.items && ignored ? FB_OK : fb_arena_failed(arena, err);
    }
    if (code == FB_OK) {
        struct search search = {.sources = {&sources[0], &sources[1]},
            .programs = {programs[0], programs[1]},
            .arena = arena,
            .tries_clause = tries,
            .ignored = ignored,
            .err = err};
        code = search_all(&search, &change, &diff);
    }
    errors->count = code != FB_OK;
    if (code == FB_OK) {
        *out = diff;
    }
    return code;
}

enum fb_code fb_policy_conflicts(const struct fb_policy_source *policy,
    const struct fb_program *program, struct fb_arena *arena, struct fb_policy_conflict **out,
    size_t *out_count, struct fb_err *err)
{
    size_t count = 0;
    FB_ASSERT(policy && program && out && out_count);
    struct fb_policy_conflict *found =
        FB_ARENA_ARRAY(arena, struct fb_policy_conflict, FB_POLICY_ERRORS_MAX);
    struct fb_policy_errors *ignored = FB_ARENA_NEW(arena, struct fb_policy_errors);
    if (!found || !ignored) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < program->duty_count * program->duty_count; i++) {
        const struct fb_duty *may_not = &program->duties[i / program->duty_count];
        const struct fb_duty *must = &program->duties[i % program->duty_count];
        if (may_not->modality != FB_MAY_NOT) {
            i += program->duty_count - 1; /* none of its pairs is one */
            continue;
        }
        if (count == FB_POLICY_ERRORS_MAX || !fb_duties_conflict(program, must, may_not)) {
            continue;
        }
        struct fb_clause_change clause = {.duties = {must, may_not}};
        struct fb_policy_diff_item item = {.clause = &clause};
        struct search search = {.sources = {policy, policy},
            .programs = {program, program},
            .arena = arena,
            .item = &item,
            .scene = {.programs = {program, program}, .party = FB_STR("dev")},
            .tries_max = FB_POLICY_DIFF_TRIES_MAX,
            .together = true,
            .ignored = ignored,
            .err = err};
        search_duty(&search);
        if (search.code != FB_OK) {
            return search.code;
        }
        found[count++] = (struct fb_policy_conflict){must, may_not, item.stricter};
    }
    *out = found;
    *out_count = count;
    return FB_OK;
}
