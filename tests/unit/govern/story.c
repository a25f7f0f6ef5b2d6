#include "story.h"

#include <ftw.h>
#include <unistd.h>

#include "base/io.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "govern/docket_private.h"
#include "report/report.h"

#define err (story->err)

fb_time story_time(const char *text)
{
    struct fb_err ignored;
    fb_time t = 0;
    fb_err_init(&ignored);
    assert_int_equal(fb_time_parse(fb_str_of(text), &t, &ignored), FB_OK);
    return t;
}

static void introduce(struct story *story, const char *id, const char *role)
{
    struct fb_docket_party party = {
        .id = fb_str_of(id), .title = fb_str_of(id), .role = fb_str_of(role)};
    FB_TEST_OK(fb_docket_introduce(story->docket, &party, &err));
}

void story_begin(struct story *story)
{
    memset(story, 0, sizeof(*story));
    fb_err_init(&err);
    snprintf(story->folder, sizeof(story->folder), "%s/fb-story-XXXXXX", fb_test_quick_folder());
    assert_non_null(mkdtemp(story->folder));
    snprintf(story->docket_path, sizeof(story->docket_path), "%s/docket", story->folder);
    fb_arena_init(&story->arena, (size_t)1 << 30);
    story_at(story, "2026-01-01T00:00:00Z");
    struct fb_clock clock = fb_clock_fixed(&story->now);
    struct fb_docket_party institute = {
        .id = FB_STR("institute"), .title = FB_STR("Institute"), .role = FB_STR("regulator")};
    struct fb_docket_make make = {.name = FB_STR("story"), .simulated = true};
    FB_TEST_OK(fb_docket_init(story->docket_path, &make, &institute, &clock, &err));
    FB_TEST_OK(fb_docket_open(story->docket_path, &clock, true, &story->docket, &err));
    introduce(story, "dev", "developer");
    introduce(story, "lab", "evaluator");
    story_add(story, "dev",
        "{\"kind\":\"system\",\"id\":\"system/s\",\"at\":\"2026-01-01\",\"body\":{\"title\":\"S\","
        "\"developer\":\"party/dev\",\"training_compute_flop\":2e25}}");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void story_end(struct story *story)
{
    fb_arena_release(&story->arena);
    fb_docket_close(story->docket);
    assert_true(story->asked == 0 || story->excerpts > 0);
    assert_int_equal(nftw(story->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void story_at(struct story *story, const char *when)
{
    story->now = story_time(when);
}

enum fb_code story_try(struct story *story, const char *party, const char *text)
{
    char path[128];
    struct fb_arena arena;
    struct fb_docket_added added;
    struct fb_docket_add options = {.issuer = fb_str_of(party)};
    snprintf(path, sizeof(path), "%s/file-%d", story->folder, story->files++);
    FB_TEST_OK(fb_io_write(path, fb_str_of(text), 0600, &err));
    fb_arena_init(&arena, (size_t)1 << 28);
    enum fb_code code = fb_docket_add_file(story->docket, path, &options, &arena, &added, &err);
    fb_arena_release(&arena);
    return code;
}

void story_add(struct story *story, const char *party, const char *text)
{
    FB_TEST_OK(story_try(story, party, text));
}

void story_evaluation(
    struct story *story, const char *party, const int64_t counts[3], const char *ended)
{
    char text[2048];
    snprintf(text, sizeof(text),
        "{\"kind\":\"evaluation\",\"id\":\"evaluation/%d\",\"subject\":\"system/s\",\"at\":\"%s\","
        "\"body\":{\"task\":\"cybench\",\"scorer\":\"includes\",\"model\":\"m\","
        "\"status\":\"success\",\"began\":\"%s\",\"ended\":\"%s\",\"samples\":%lld,"
        "\"succeeded_any\":%lld,\"succeeded_all\":%lld,\"unresolved\":%lld}}",
        story->files, ended, ended, ended, (long long)counts[1], (long long)counts[0],
        (long long)counts[0], (long long)counts[2]);
    story_add(story, party, text);
}

static void write_picture(
    struct story *story, const struct fb_picture *picture, struct fb_str system, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80, .system = system};
    fb_buf_init(out, 1 << 26);
    FB_TEST_OK(fb_report_status_json(picture, &options, out, &err));
}

/* The reasons of the duties and licences of a system, or of all when that is empty, as explain
 * gives them. */
static void write_reasons(
    struct story *story, const struct fb_picture *picture, struct fb_str system, struct fb_buf *out)
{
    fb_buf_init(out, 1 << 26);
    for (size_t i = 0; i < picture->duty_count + picture->licence_count; i++) {
        struct fb_verdict verdict;
        size_t licence = i - picture->duty_count; /* wraps before the first */
        bool is_duty = i < picture->duty_count;
        struct fb_str id = is_duty ? picture->duties[i].id : picture->licences[licence].id;
        struct fb_str of = is_duty ? picture->duties[i].system : picture->licences[licence].system;
        if (system.len && !fb_str_eq(of, system)) {
            continue;
        }
        FB_TEST_OK(fb_picture_find(picture, id, &story->arena, &verdict, &err));
        FB_TEST_OK(fb_report_why_json(&verdict, out, &err));
    }
}

static void check_same(struct fb_buf *got, struct fb_buf *want)
{
    assert_string_equal(got->ptr ? got->ptr : "", want->ptr ? want->ptr : "");
    fb_buf_release(got);
    fb_buf_release(want);
}

/* The naive evaluator shows the same, and a picture without reasons makes the same when asked. A
 * picture is written out before the next is asked for, which may free its records. */
static void compare_ways(struct story *story, fb_time as_of)
{
    struct fb_picture other;
    struct fb_docket_question question = {.as_of = as_of, .naive = true};
    struct fb_buf picture, reasons, naive_picture, naive_reasons;
    write_picture(story, &story->picture, FB_STR(""), &picture);
    FB_TEST_OK(fb_docket_ask(story->docket, &question, &story->arena, &other, &err));
    write_picture(story, &other, FB_STR(""), &naive_picture);
    write_reasons(story, &other, FB_STR(""), &naive_reasons);
    question = (struct fb_docket_question){.as_of = as_of, .brief = true};
    FB_TEST_OK(fb_docket_ask(story->docket, &question, &story->arena, &other, &err));
    write_reasons(story, &other, FB_STR(""), &reasons);
    check_same(&picture, &naive_picture);
    check_same(&reasons, &naive_reasons);
}

/* A system alone looks as in the whole picture, reasons included, by both evaluators. */
static void compare_alone(struct story *story, fb_time as_of)
{
    for (size_t i = 0; i < story->picture.system_count; i++) {
        struct fb_picture alone;
        struct fb_buf picture, reasons, own_picture, own_reasons;
        struct fb_docket_question question = {.as_of = as_of};
        FB_TEST_OK(fb_docket_ask(story->docket, &question, &story->arena, &story->picture, &err));
        struct fb_str system = story->picture.systems[i].id;
        write_picture(story, &story->picture, system, &picture);
        write_reasons(story, &story->picture, system, &reasons);
        question.about = fb_arena_printf(&story->arena, "%.*s", FB_STR_ARG(system));
        question.naive = i % 2 == 1;
        FB_TEST_OK(fb_docket_ask(story->docket, &question, &story->arena, &alone, &err));
        write_picture(story, &alone, question.about, &own_picture);
        write_reasons(story, &alone, question.about, &own_reasons);
        check_same(&picture, &own_picture);
        check_same(&reasons, &own_reasons);
    }
}

static void write_page(struct story *story, const struct fb_picture *picture, struct fb_buf *out)
{
    fb_buf_init(out, 1 << 26);
    FB_TEST_OK(fb_report_html(picture, out, &err));
}

/* Out of the records that the index finds, a system looks as it does out of all. */
static void compare_excerpts(struct story *story)
{
    uint64_t size;
    struct fb_clock clock = fb_clock_fixed(&story->now);
    FB_TEST_OK(fb_docket_index(story->docket, true, &size, &err));
    for (size_t i = 0; i < story->picture.system_count; i++) {
        struct fb_picture alone;
        struct fb_docket *docket = NULL;
        struct fb_arena arena;
        struct fb_buf picture, page, own_picture, own_page;
        struct fb_docket_question question = {.as_of = FB_TIME_MAX};
        fb_arena_init(&arena, (size_t)1 << 30);
        FB_TEST_OK(fb_docket_ask(story->docket, &question, &arena, &story->picture, &err));
        question.about = fb_arena_printf(&arena, "%.*s", FB_STR_ARG(story->picture.systems[i].id));
        FB_TEST_OK(fb_docket_ask(story->docket, &question, &arena, &alone, &err));
        write_picture(story, &alone, question.about, &picture);
        write_page(story, &alone, &page);
        FB_TEST_OK(fb_docket_open_asked(
            story->docket_path, &clock, true, &question, &arena, &docket, &alone, &err));
        write_picture(story, &alone, question.about, &own_picture);
        write_page(story, &alone, &own_page);
        story->excerpts += fb_docket_is_excerpt(docket);
        uint64_t read = fb_registry_count(docket->registry);
        story->most = read > story->most ? read : story->most;
        story->asked++;
        fb_docket_close(docket);
        check_same(&picture, &own_picture);
        check_same(&page, &own_page);
        fb_arena_release(&arena);
    }
}

const struct fb_picture *story_picture(struct story *story, const char *as_of)
{
    fb_time when = as_of ? story_time(as_of) : FB_TIME_MAX;
    fb_arena_release(&story->arena);
    FB_TEST_OK(fb_docket_evaluate(story->docket, when, &story->arena, &story->picture, &err));
    compare_ways(story, when);
    compare_alone(story, when);
    if (!as_of) {
        compare_excerpts(story);
    }
    FB_TEST_OK(fb_docket_evaluate(story->docket, when, &story->arena, &story->picture, &err));
    return &story->picture;
}

enum fb_line_status story_line(struct story *story)
{
    const struct fb_picture *picture = story_picture(story, NULL);
    assert_int_equal(picture->line_count, 1);
    assert_non_null(picture->lines[0].why);
    return picture->lines[0].status;
}

const struct fb_obligation *story_duty(struct story *story, const char *rule, const char *binding)
{
    const struct fb_picture *picture = story_picture(story, NULL);
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_obligation *obligation = &picture->duties[i].obligation;
        bool named = !rule || fb_str_is(obligation->duty->name, rule);
        bool found = named && !binding;
        for (size_t v = 0; named && !found && v < obligation->duty->param_count; v++) {
            found = obligation->bindings[v].type == FB_TYPE_STRING &&
                    fb_str_is(obligation->bindings[v].u.text, binding);
        }
        if (found) {
            return obligation;
        }
    }
    fail_msg("no obligation of rule %s", rule ? rule : "(any)");
    return NULL;
}

bool story_may(struct story *story, enum fb_action action)
{
    const struct fb_picture *p = story_picture(story, NULL);
    for (size_t i = 0; i < p->licence_count; i++) {
        if (p->licences[i].action == action && fb_str_is(p->licences[i].system, "system/s")) {
            assert_non_null(p->licences[i].why);
            return p->licences[i].allowed;
        }
    }
    fail_msg("no licence");
    return false;
}
