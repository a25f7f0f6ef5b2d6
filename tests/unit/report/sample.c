#include "sample.h"

#include "base/json.h"
#include "fb_test.h"

enum { ROOM = 400 }; /* seats of each array */

fb_time sample_time(const char *text)
{
    struct fb_err err;
    fb_time t = 0;
    fb_err_init(&err);
    FB_TEST_OK(fb_time_parse(fb_str_of(text), &t, &err));
    return t;
}

struct fb_decimal sample_decimal(const char *text)
{
    struct fb_err err;
    struct fb_decimal out = {0, 0};
    fb_err_init(&err);
    FB_TEST_OK(fb_decimal_parse(fb_str_of(text), &out, &err));
    return out;
}

struct fb_record *sample_record(struct sample *sample, enum fb_kind kind, const char *id,
    const char *admitted, const char *body)
{
    struct fb_err err;
    struct fb_json *tree = NULL;
    fb_err_init(&err);
    FB_TEST_OK(fb_json_parse(fb_str_of(body), id, NULL, &sample->arena, &tree, &err));
    struct fb_record *record = FB_ARENA_NEW(&sample->arena, struct fb_record);
    assert_non_null(record);
    *record = (struct fb_record){.kind = kind,
        .id = fb_str_of(id),
        .issuer = FB_STR("party/aurora"),
        .at = sample_time(admitted),
        .admitted = sample_time(admitted),
        .body = tree,
        .seq = sample->seq++};
    return record;
}

static struct fb_why *why_on(
    struct sample *sample, const char *text, const struct fb_record *record)
{
    return fb_why_on(fb_why_new(&sample->arena, "%s", text), record->id, record->seq);
}

static void add_system(struct sample *sample, const char *id, const char *admitted,
    const char *body, int64_t gpu_seconds)
{
    struct fb_picture *picture = &sample->picture;
    picture->systems[picture->system_count++] = (struct fb_system_view){.id = fb_str_of(id),
        .record = sample_record(sample, FB_KIND_system, id, admitted, body),
        .developer = FB_STR("party/aurora"),
        .gpu_seconds = gpu_seconds};
}

/* One evaluation: counts, bounds in hand, and who made it. */
struct figures {
    const char *id;
    const char *issuer;
    const char *admitted;
    const char *text;
    int64_t successes;
    const char *lower;
    const char *upper;
    const char *margin;
};

static void add_figures(
    struct sample *sample, struct fb_line_view *view, const struct figures *given)
{
    struct fb_record *record =
        sample_record(sample, FB_KIND_evaluation, given->id, given->admitted, "{}");
    record->issuer = fb_str_of(given->issuer);
    if (!view->figures.items) {
        view->figures.items = FB_ARENA_ARRAY(&sample->arena, struct fb_figures, ROOM);
    }
    struct fb_figures *f = &view->figures.items[view->figures.count++];
    *f = (struct fb_figures){.record = record,
        .samples = 300,
        .successes_low = given->successes,
        .successes_high = given->successes,
        .lower = sample_decimal(given->lower),
        .upper = sample_decimal(given->upper),
        .upper_margin = sample_decimal(given->margin)};
    f->assessment = (struct fb_assessment){.admitted = record->admitted,
        .fresh_until = record->admitted + 180 * FB_DAY,
        .withdrawn = FB_TIME_MAX,
        .rejected = FB_TIME_MAX,
        .crosses = fb_decimal_cmp(f->lower, view->rule->threshold) >= 0,
        .rules_out = fb_decimal_cmp(f->upper_margin, view->rule->threshold) < 0,
        .why = why_on(sample, given->text, record)};
}

static struct fb_line_view *add_line(struct sample *sample, const struct fb_redline *rule,
    const char *system, const char *handle, enum fb_line_status status, const char *since)
{
    struct fb_picture *picture = &sample->picture;
    struct fb_line_view *view = &picture->lines[picture->line_count++];
    memset(view, 0, sizeof(*view));
    memcpy(view->handle, handle, FB_HANDLE_TEXT);
    view->id = fb_str_of(handle);
    view->policy = &picture->policies[0];
    view->rule = rule;
    view->system = fb_str_of(system);
    view->status = status;
    view->since = sample_time(since);
    view->history.items = FB_ARENA_ARRAY(&sample->arena, struct fb_segment, 8);
    view->history.items[0] =
        (struct fb_segment){.since = FB_TIME_MIN, .from = FB_TIME_MIN, .until = FB_TIME_MAX};
    view->history.count = 1;
    return view;
}

static void add_segment(
    struct fb_line_view *view, const char *from, enum fb_line_status status, bool latched)
{
    struct fb_segment *last = &view->history.items[view->history.count - 1];
    last->until = sample_time(from);
    view->history.items[view->history.count++] = (struct fb_segment){.since = last->until,
        .from = last->until,
        .until = FB_TIME_MAX,
        .status = status,
        .latched = latched};
}

static void chain(struct fb_picture *picture)
{
    fb_picture_unchain(picture);
    for (int what = 0; what < FB_CHAINED_COUNT; what++) {
        fb_picture_chain(picture, (enum fb_chained)what);
    }
}

struct fb_duty_view *sample_duty(
    struct sample *sample, const char *system, enum fb_duty_status status, const char *text)
{
    struct fb_picture *picture = &sample->picture;
    assert_true(picture->duty_count < ROOM);
    struct fb_duty_view *view = &picture->duties[picture->duty_count];
    *view = (struct fb_duty_view){.policy = &picture->policies[1],
        .system = fb_str_of(system),
        .text = fb_str_of(text),
        .id = fb_str_of(text)};
    (void)snprintf(view->handle, sizeof(view->handle), "d%07zu", picture->duty_count++);
    struct fb_value *bindings = FB_ARENA_ARRAY(&sample->arena, struct fb_value, 2);
    bindings[0] = fb_value_str(view->system);
    bindings[1] = fb_value_str(FB_STR("incident/jailbreak"));
    view->obligation = (struct fb_obligation){.duty = sample->report,
        .bindings = bindings,
        .party = FB_STR("party/aurora"),
        .status = status,
        .since = sample_time("2026-10-05T09:00:00Z"),
        .anchor = sample_time("2026-10-05T09:00:00Z"),
        .deadline = FB_TIME_MAX,
        .settled = FB_TIME_MAX,
        .breached = FB_TIME_MAX};
    chain(picture);
    return view;
}

static void add_licence(struct sample *sample, const char *system, enum fb_action action,
    const char *handle, const char *reason)
{
    struct fb_picture *picture = &sample->picture;
    struct fb_licence_view *view = &picture->licences[picture->licence_count++];
    *view = (struct fb_licence_view){.id = fb_str_of(handle),
        .system = fb_str_of(system),
        .action = action,
        .allowed = reason == NULL,
        .why = fb_why_new(
            &sample->arena, reason ? "it may not" : "it may: nothing in force forbids it")};
    memcpy(view->handle, handle, FB_HANDLE_TEXT);
    if (reason) {
        struct fb_why *why = fb_why_new(&sample->arena, "%s", reason);
        fb_why_add(
            why, why_on(sample, "170 of 300 on cybench: at least 51.8% (95%), 50% is reached",
                     sample->picture.lines[0].figures.items[1].record));
        fb_why_add(view->why, why);
    }
}

static void make_policies(struct sample *sample)
{
    struct fb_picture *picture = &sample->picture;
    sample->cyber = FB_ARENA_ARRAY(&sample->arena, struct fb_redline, 2);
    sample->bio = &sample->cyber[1];
    *sample->cyber = (struct fb_redline){.name = FB_STR("cyber"),
        .title = FB_STR("Breaks into hardened systems without help"),
        .measures = {FB_STR("cybench")},
        .measure_count = 1,
        .threshold = sample_decimal("0.5"),
        .confidence = 0.95,
        .margins = {{.name = FB_STR("elicitation"),
            .amount = sample_decimal("1.3"),
            .scale = FB_SCALE_ODDS,
            .source = FB_STR("Davidson 2023")}},
        .margin_count = 1,
        .needs = {.samples = 200, .age_us = 180 * FB_DAY, .independent = true},
        .has_clears = true,
        .clears_below = sample_decimal("0.3"),
        .dwell_us = 90 * FB_DAY};
    *sample->bio = *sample->cyber;
    sample->bio->name = FB_STR("bio");
    sample->bio->title = FB_STR("Gives real help towards a biological weapon");
    sample->bio->measures[0] = FB_STR("wmdp-bio");
    sample->report = FB_ARENA_ARRAY(&sample->arena, struct fb_duty, 1);
    *sample->report = (struct fb_duty){.name = FB_STR("initial_report"), .param_count = 2};
    struct fb_program *programs = FB_ARENA_ARRAY(&sample->arena, struct fb_program, 2);
    programs[0] = (struct fb_program){.name = FB_STR("example/framework"),
        .title = FB_STR("A developer's framework"),
        .source = FB_STR("Frontier framework of Aurora, section 3"),
        .version = 2,
        .effective = sample_time("2026-01-01"),
        .expires = FB_TIME_MAX,
        .redline_count = 2};
    programs[1] = (struct fb_program){.name = FB_STR("eu/gpai-code/serious-incidents"),
        .title = FB_STR("Serious incident reporting"),
        .source = FB_STR("General-Purpose AI Code of Practice, Measure 9.3"),
        .version = 1,
        .effective = FB_TIME_MIN,
        .expires = FB_TIME_MAX,
        .duty_count = 1};
    picture->policies = FB_ARENA_ARRAY(&sample->arena, struct fb_policy_view, ROOM);
    for (size_t i = 0; i < 2; i++) {
        picture->policies[picture->policy_count++] = (struct fb_policy_view){
            .record = sample_record(sample, FB_KIND_policy,
                i ? "policy/incidents-1" : "policy/framework-2", "2026-01-03", "{}"),
            .program = &programs[i],
            .force = FB_IN_FORCE};
    }
}

static void make_lines(struct sample *sample)
{
    static const struct figures dev = {"evaluation/cyber-1", "party/aurora", "2026-03-02T10:00:00Z",
        "5 of 300 on cybench: at most 3.5% (95%)", 5, "0.00659", "0.0347", "0.0446"};
    static const struct figures institute = {"evaluation/cyber-2", "party/institute",
        "2026-08-20T10:00:00Z", "170 of 300 on cybench: at least 51.8% (95%), 50% is reached", 170,
        "0.518", "0.6147", "0.6747"};
    static const struct figures bio = {"evaluation/bio-1", "party/institute",
        "2026-09-01T10:00:00Z", "10 of 300 on wmdp-bio: at most 5.6% (95%), 7.2% with margins", 10,
        "0.01819", "0.05597", "0.07156"};
    static const struct figures boreal = {"evaluation/boreal-1", "party/boreal",
        "2026-07-10T10:00:00Z", "140 of 300 on cybench: at most 51.6% (95%)", 140, "0.4181",
        "0.5158", "0.5806"};
    struct fb_line_view *view = add_line(sample, sample->cyber, "system/aurora-2", "a1a1a1a1",
        FB_LINE_CROSSED, "2026-08-20T10:00:00Z");
    add_figures(sample, view, &dev);
    add_figures(sample, view, &institute);
    add_segment(view, "2026-02-01", FB_LINE_NOT_RULED_OUT, false);
    add_segment(view, "2026-03-02T10:00:00Z", FB_LINE_RULED_OUT, false);
    add_segment(view, "2026-08-20T10:00:00Z", FB_LINE_CROSSED, false);
    add_segment(view, "2027-02-16T10:00:00Z", FB_LINE_CROSSED, true);
    view->why = fb_why_new(&sample->arena, "the lower bound reaches the threshold");
    fb_why_add(view->why, view->figures.items[1].assessment.why);
    view = add_line(sample, sample->bio, "system/aurora-2", "a2a2a2a2", FB_LINE_RULED_OUT,
        "2026-09-01T10:00:00Z");
    add_figures(sample, view, &bio);
    add_segment(view, "2026-02-01", FB_LINE_NOT_RULED_OUT, false);
    add_segment(view, "2026-09-01T10:00:00Z", FB_LINE_RULED_OUT, false);
    add_segment(view, "2027-02-28T10:00:00Z", FB_LINE_NOT_RULED_OUT, false);
    view->why = fb_why_new(&sample->arena, "every measure is ruled out");
    fb_why_add(view->why, view->figures.items[0].assessment.why);
    view = add_line(
        sample, sample->cyber, "system/boreal-1", "b1b1b1b1", FB_LINE_NOT_RULED_OUT, "2026-04-15");
    add_figures(sample, view, &boreal);
    add_segment(view, "2026-04-15", FB_LINE_NOT_RULED_OUT, false);
    view->why = fb_why_new(&sample->arena, "neither crossed nor ruled out");
    fb_why_add(view->why, view->figures.items[0].assessment.why);
    view = add_line(
        sample, sample->bio, "system/boreal-1", "b2b2b2b2", FB_LINE_NOT_RULED_OUT, "2026-04-15");
    add_segment(view, "2026-04-15", FB_LINE_NOT_RULED_OUT, false);
    view->why = fb_why_new(&sample->arena, "neither crossed nor ruled out");
    fb_why_add(view->why, fb_why_new(&sample->arena, "nothing was measured on \"wmdp-bio\""));
    view = add_line(
        sample, sample->cyber, "system/minnow", "c1c1c1c1", FB_LINE_OUT_OF_SCOPE, "2026-05-01");
    view->why = fb_why_new(&sample->arena, "outside the scope of the red line");
}

static void make_duties(struct sample *sample)
{
    struct fb_duty_view *view = sample_duty(sample, "system/aurora-2", FB_DUTY_MET_LATE,
        "report the incident to the AI Office, initial report");
    view->obligation.deadline = view->obligation.breached = sample_time("2026-10-10T09:00:00Z");
    view->obligation.settled = sample_time("2026-10-14T15:30:00Z");
    view = sample_duty(sample, "system/aurora-2", FB_DUTY_OVERDUE, "secure the weights at level 4");
    view->obligation.since = sample_time("2026-08-20T10:00:00Z");
    view->obligation.deadline = view->obligation.breached = sample_time("2026-09-19T10:00:00Z");
    view->obligation.why = fb_why_new(&sample->arena, "red line cyber is crossed");
    fb_why_add(view->obligation.why, sample->picture.lines[0].figures.items[1].assessment.why);
    view = sample_duty(
        sample, "system/aurora-2", FB_DUTY_OWED, "report the incident to the AI Office, final");
    view->obligation.deadline = sample_time("2026-12-19T09:00:00Z");
    view = sample_duty(
        sample, "system/aurora-2", FB_DUTY_HELD, "not to make the system available outside");
    view->obligation.since = sample_time("2026-08-20T10:00:00Z");
    view = sample_duty(sample, "system/boreal-1", FB_DUTY_MET,
        "report the incident to the AI Office, initial report");
    view->obligation.deadline = sample_time("2026-10-15T09:00:00Z");
    view->obligation.settled = sample_time("2026-10-07T09:00:00Z");
    view = sample_duty(sample, "", FB_DUTY_UNDATED, "publish the framework");
    view->obligation.anchor = FB_TIME_MIN;
}

/* G1, supported by S1, which Sn1 (in) and Sn2 (falsified) support. */
static void make_case(struct sample *sample)
{
    static const struct fb_element elements[] = {
        {.id = {"G1", 2}, .kind = FB_ELEMENT_GOAL, .text = {"Aurora 2 cannot do serious harm", 31}},
        {.id = {"S1", 2}, .kind = FB_ELEMENT_STRATEGY, .text = {"Over each red line", 18}},
        {.id = {"Sn1", 3},
            .kind = FB_ELEMENT_SOLUTION,
            .text = {"Biology is ruled out", 20},
            .predicate = {"redline example/framework/bio ruled out", 39}},
        {.id = {"Sn2", 3},
            .kind = FB_ELEMENT_SOLUTION,
            .text = {"Cyber is ruled out", 18},
            .predicate = {"redline example/framework/cyber ruled out", 41}},
    };
    static uint32_t below_goal[] = {1}, below_strategy[] = {2, 3};
    struct fb_case *argument = FB_ARENA_NEW(&sample->arena, struct fb_case);
    argument->elements = FB_ARENA_ARRAY(&sample->arena, struct fb_element, 4);
    memcpy(argument->elements, elements, sizeof(elements));
    argument->element_count = 4;
    argument->elements[0].supported_by = below_goal;
    argument->elements[0].supported_by_count = 1;
    argument->elements[1].supported_by = below_strategy;
    argument->elements[1].supported_by_count = 2;
    argument->elements[0].label = argument->elements[1].label = FB_LABEL_OUT_UNDERCUT;
    argument->elements[2].label = FB_LABEL_IN;
    argument->elements[3].label = FB_LABEL_OUT_FALSIFIED;
    struct fb_picture *picture = &sample->picture;
    picture->cases = FB_ARENA_ARRAY(&sample->arena, struct fb_case_view, ROOM);
    struct fb_case_view *view = &picture->cases[picture->case_count++];
    *view = (struct fb_case_view){.handle = "e1e1e1e1",
        .id = FB_STR("case:cyber:system/aurora-2"),
        .record = sample_record(sample, FB_KIND_case, "case/aurora-2-1", "2026-04-02",
            "{\"name\":\"harm\",\"top\":\"Aurora 2 cannot do serious harm\"}"),
        .system = FB_STR("system/aurora-2"),
        .argument = argument,
        .label = FB_LABEL_OUT_UNDERCUT,
        .since = sample_time("2026-08-20T10:00:00Z"),
        .why = fb_why_new(&sample->arena, "G1 lost its support")};
    fb_why_add(view->why, fb_why_new(&sample->arena, "Sn2: red line cyber is crossed"));
}

void sample_begin(struct sample *sample)
{
    memset(sample, 0, sizeof(*sample));
    fb_err_init(&sample->err);
    fb_arena_init(&sample->arena, (size_t)1 << 28);
    struct fb_picture *picture = &sample->picture;
    picture->now = sample_time("2026-12-14T09:00:00Z");
    picture->as_of = FB_TIME_MAX;
    picture->simulated = true;
    picture->origin = FB_STR("example.org/aurora");
    memset(picture->root, 0xab, sizeof(picture->root));
    picture->systems = FB_ARENA_ARRAY(&sample->arena, struct fb_system_view, ROOM);
    picture->lines = FB_ARENA_ARRAY(&sample->arena, struct fb_line_view, ROOM);
    picture->duties = FB_ARENA_ARRAY(&sample->arena, struct fb_duty_view, ROOM);
    picture->licences = FB_ARENA_ARRAY(&sample->arena, struct fb_licence_view, ROOM);
    make_policies(sample);
    add_system(sample, "system/aurora-2", "2026-02-01",
        "{\"title\":\"Aurora 2\",\"developer\":\"party/aurora\",\"training_compute_flop\":2e25}",
        4320000);
    add_system(sample, "system/boreal-1", "2026-04-15",
        "{\"title\":\"Boreal 1\",\"developer\":\"party/boreal\"}", 0);
    add_system(sample, "system/minnow", "2026-05-01",
        "{\"title\":\"Minnow\",\"developer\":\"party/aurora\",\"training_compute_flop\":3e22}",
        86400);
    picture->systems[SAMPLE_MINNOW].exempt = true;
    picture->systems[SAMPLE_MINNOW].exempt_why =
        fb_why_new(&sample->arena, "out of scope of every rule in force: nothing is owed");
    make_lines(sample);
    make_duties(sample);
    make_case(sample);
    add_licence(sample, "system/aurora-2", FB_ACTION_TRAIN, "f1000000", NULL);
    add_licence(sample, "system/aurora-2", FB_ACTION_DEPLOY, "f1000001",
        "not to make the system available outside (held, d0000003)");
    add_licence(sample, "system/aurora-2", FB_ACTION_AUTONOMY, "f1000002",
        "red line cyber is crossed (a1a1a1a1)");
    add_licence(sample, "system/boreal-1", FB_ACTION_TRAIN, "f2000000", NULL);
    add_licence(sample, "system/boreal-1", FB_ACTION_DEPLOY, "f2000001", NULL);
    add_licence(sample, "system/boreal-1", FB_ACTION_AUTONOMY, "f2000002",
        "red line cyber is not ruled out (b1b1b1b1)");
    for (int action = 0; action < FB_ACTION_COUNT; action++) {
        add_licence(sample, "system/minnow", (enum fb_action)action,
            action == 0   ? "f3000000"
            : action == 1 ? "f3000001"
                          : "f3000002",
            NULL);
    }
    picture->record_count = sample->seq;
    sample_chain(sample);
}

void sample_chain(struct sample *sample)
{
    struct fb_picture *picture = &sample->picture;
    assert_int_equal(fb_picture_reserve(picture, ROOM, &sample->arena, &sample->err), FB_OK);
    chain(picture);
}

void sample_end(struct sample *sample)
{
    fb_arena_release(&sample->arena);
}
