/* The page as a whole: what it shows, that nothing from a record breaks out of it, its limits. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "report/html.h"
#include "report/svg_trend.h"
#include "sample.h"

static struct fb_err err;
static struct fb_buf page;
static struct sample sample;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_buf_init(&page, 1 << 26);
    sample_begin(&sample);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&page);
    sample_end(&sample);
    return 0;
}

static void make(void)
{
    fb_buf_clear(&page);
    FB_TEST_OK(fb_report_html(&sample.picture, &page, &err));
}

static bool has(const char *text)
{
    return strstr(page.ptr, text) != NULL;
}

static size_t count_of(const char *needle)
{
    size_t count = 0;
    for (const char *at = page.ptr; (at = strstr(at, needle)) != NULL; at++) {
        count++;
    }
    return count;
}

/* ---- is it well formed? ---- */

enum { OPEN_MAX = 200, NAME_MAX_BYTES = 32 };

/* Elements that are open, and where one reads. */
struct checker {
    char open[OPEN_MAX][NAME_MAX_BYTES];
    size_t depth;
    const char *at;
};

static void read_name(struct checker *c, char out[NAME_MAX_BYTES])
{
    size_t len = strspn(c->at, "abcdefghijklmnopqrstuvwxyz0123456789");
    assert_true(len > 0 && len < NAME_MAX_BYTES);
    memcpy(out, c->at, len);
    out[len] = 0;
    c->at += len;
}

/* Attributes: name="value", no "<" inside. True when the element closes itself. */
static bool read_attributes(struct checker *c)
{
    while (*c->at == ' ' || *c->at == '\n') {
        c->at++;
        if (*c->at == '/') {
            break;
        }
        size_t len =
            strspn(c->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:");
        assert_true(len > 0);
        c->at += len;
        assert_memory_equal(c->at, "=\"", 2);
        c->at += 2;
        c->at += strcspn(c->at, "\"<");
        assert_int_equal(*c->at, '"');
        c->at++;
    }
    bool closes = *c->at == '/';
    c->at += closes;
    assert_int_equal(*c->at, '>');
    c->at++;
    return closes;
}

static void read_tag(struct checker *c)
{
    char name[NAME_MAX_BYTES];
    if (c->at[1] == '/') {
        c->at += 2;
        read_name(c, name);
        assert_true(c->depth > 0);
        assert_string_equal(name, c->open[c->depth - 1]);
        c->depth--;
        assert_int_equal(*c->at++, '>');
        return;
    }
    c->at++;
    read_name(c, name);
    assert_string_not_equal(name, "script");
    bool empty = !strcmp(name, "meta") || !strcmp(name, "br");
    if (!read_attributes(c) && !empty) {
        assert_true(c->depth < OPEN_MAX);
        memcpy(c->open[c->depth++], name, NAME_MAX_BYTES);
    }
    if (!strcmp(name, "style")) {
        c->at = strstr(c->at, "</style>");
        assert_non_null(c->at);
    }
}

static void read_entity(struct checker *c)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strncmp(c->at, known[i], strlen(known[i]))) {
            c->at += strlen(known[i]);
            return;
        }
    }
    fail_msg("an entity that we do not write: %.20s", c->at);
}

/* Every element closes in its order, every attribute is quoted, every byte is text. */
static void check_page(void)
{
    static struct checker c;
    memset(&c, 0, sizeof(c));
    static const char first[] = "<!DOCTYPE html>\n";
    assert_true(strlen(page.ptr) == page.len);
    assert_true(fb_str_utf8(fb_buf_str(&page), NULL));
    assert_memory_equal(page.ptr, first, strlen(first));
    c.at = page.ptr + strlen(first);
    while (*c.at) {
        if (*c.at == '<') {
            read_tag(&c);
        } else if (*c.at == '&') {
            read_entity(&c);
        } else {
            unsigned char byte = (unsigned char)*c.at++;
            assert_true(byte != '>' && byte != 0x7F && (byte >= 0x20 || byte == '\n'));
        }
    }
    assert_int_equal(c.depth, 0);
    assert_false(has("javascript:"));
    assert_int_equal(count_of("href=\""), count_of("href=\"#"));
    assert_int_equal(count_of("src=\""), 0);
    assert_int_equal(count_of("url("), count_of("url(#hatch)"));
}

/* ---- what it shows ---- */

static void the_page_says_what_holds(void **state)
{
    (void)state;
    make();
    check_page();
    static const char *const texts[] = {"<title>example.org/aurora, 2026-12-14 09:00 UTC</title>",
        "<h1>example.org/aurora</h1>", "from 10 signed records", "Simulated clock.",
        "abababababababababababababababababababababababababababababababab",
        "<code>flyball log verify</code>", "Aurora 2", "Boreal 1", "Minnow",
        "2 \u00d7 10<sup>25</sup> FLOP", "not stated", "4,320,000 GPU-seconds",
        "Breaks into hardened systems without help", ": the lower bound reaches the threshold.",
        "51.8% to 61.5%", "67.5% with margins", "5 of 300, too old<", ", crosses<", "threshold 50%",
        "clears below 30%", "elicitation \u00d7 1.3 on odds (Davidson 2023)",
        "Nothing was measured on &quot;wmdp-bio&quot;", "now, 2026-12-14 09:00",
        "Secure the weights at level 4", "was due 2026-09-19 10:00, 85 days 23 hours ago",
        "Exempt.", "Safety case harm", "aurora owes: secure the weights at level 4",
        "Duties that concern no one system", "Serious incident reporting",
        "General-Purpose AI Code of Practice, Measure 9.3", "2 red lines, 0 duties",
        "0 red lines, 1 duty", "href=\"#record-6\">evaluation/cyber-2 #6</a>",
        "<tr id=\"record-6\">", "prefers-color-scheme:dark", "@media print"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!has(texts[i])) {
            fail_msg("the page lacks: %s", texts[i]);
        }
    }
    assert_int_equal(count_of("class=\"system\""), 3);
    assert_int_equal(count_of("class=\"chart plot\""), 3);
    assert_int_equal(count_of("class=\"chart timeline\""), 1);
    assert_int_equal(count_of("class=\"chart calibration\""), 1);
    assert_int_equal(count_of("class=\"sign late\""), 3);
    assert_false(has(" more "));
}

/* Every link leads to something that stands on the page, once. */
static void links_lead_somewhere(void **state)
{
    (void)state;
    make();
    size_t links = 0;
    for (const char *at = page.ptr; (at = strstr(at, "href=\"#")) != NULL; links++) {
        char id[80];
        at += strlen("href=\"#");
        snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(at, "\""), at);
        if (count_of(id) != 1) {
            fail_msg("%s stands %zu times", id, count_of(id));
        }
    }
    assert_true(links > 15);
}

static void the_same_picture_gives_the_same_bytes(void **state)
{
    (void)state;
    make();
    char *first = fb_strndup(page.ptr, page.len);
    make();
    assert_string_equal(first, page.ptr);
    fb_free(first);
}

static void the_page_is_appended(void **state)
{
    (void)state;
    fb_buf_add_c(&page, "before");
    FB_TEST_OK(fb_report_html(&sample.picture, &page, &err));
    assert_memory_equal(page.ptr, "before<!DOCTYPE html>", strlen("before<!DOCTYPE html>"));
}

static void an_empty_docket_has_a_page(void **state)
{
    (void)state;
    sample.picture = (struct fb_picture){.now = sample_time("2026-01-01"),
        .as_of = sample_time("2026-01-01"),
        .origin = FB_STR("x")};
    make();
    check_page();
    assert_true(has("No system is registered yet."));
    assert_true(has("Nothing: no red line is open, nothing is owed."));
    assert_true(has("Looking back."));
    assert_true(has("from 0 signed records"));
    assert_false(has("Simulated clock."));
    assert_false(has("<svg"));
}

/* Stretches of one status that differ in their reasons alone are one band; what follows from now on
 * is drawn apart; before the first record there is nothing. */
static void bands_join_and_split_at_now(void **state)
{
    (void)state;
    sample.picture.system_count = 1;
    sample.picture.line_count = 1;
    sample.picture.duty_count = 0;
    sample.picture.case_count = 0;
    sample.picture.licence_count = 0;
    sample_chain(&sample);
    struct fb_segments *history = &sample.picture.lines[0].history;
    history->items[2].status = FB_LINE_NOT_RULED_OUT;
    make();
    check_page();
    assert_true(has("cyber: not ruled out from 2026-02-01 00:00 to 2026-08-20 10:00</title>"));
    assert_true(has("cyber: crossed from 2026-08-20 10:00 to 2027-02-16 10:00</title>"));
    assert_true(has("to 2027-02-16 10:00, if nothing happens</title>"));
    assert_true(has("crossed (latched) from 2027-02-16 10:00 to never, if nothing happens"));
    assert_false(has("out of scope from"));
}

/* ---- hostile text ---- */

/* Makes the picture hold so many quantities, which grow by a tenth from one value to the next. */
static void grow(uint32_t series, uint32_t values, struct fb_str name)
{
    struct fb_series *progress = &sample.picture.progress;
    struct fb_arena *arena = &sample.arena;
    *progress = (struct fb_series){FB_ARENA_ARRAY(arena, struct fb_series_point, series * values),
        (size_t)series * values, FB_ARENA_ARRAY(arena, struct fb_str, series), series};
    for (uint32_t i = 0; i < series * values; i++) {
        uint32_t n = i % values;
        progress->names[i / values] = name;
        progress->points[i] = (struct fb_series_point){.series = i / values,
            .at = (17000 + (fb_time)n * 3) * FB_DAY,
            .value = pow(1.1, n % 1000) * (n % 3 == 2 ? 0.5 : 1),
            .name = name};
    }
}

static void growth_is_drawn_and_what_bounds_keep(void **state)
{
    (void)state;
    make();
    assert_int_equal(count_of("class=\"chart trend\""), 0);
    assert_int_equal(count_of("class=\"chart calibration\""), 1);
    assert_true(has("How far bounds can be trusted") && has("always at least 95%"));
    grow(2, 7, FB_STR("training_compute"));
    make();
    check_page();
    assert_int_equal(count_of("class=\"chart trend\""), 2);
    assert_int_equal(count_of("<polygon class=\"band\""), 2);
    assert_true(
        has(">Training compute</text>") && has("doubles in ") && has("with 90% confidence"));
    assert_int_equal(count_of("class=\"dot\""), 4); /* two of seven were not the highest */
    grow(FB_HTML_GROWTH_MAX + 2, 2, FB_STR("x"));
    make();
    assert_int_equal(count_of("class=\"chart trend\""), FB_HTML_GROWTH_MAX);
    assert_true(has("2 more quantities are not drawn"));
    grow(1, FB_CHART_POINTS_MAX + 1, FB_STR("much_x"));
    make();
    check_page();
    assert_true(has("much x: its 2001 values are too many to draw"));
    sample.picture.progress.count = 0;
    for (size_t i = 0; i < sample.picture.line_count; i++) {
        sample.picture.lines[i].figures.count = 0;
    }
    make();
    assert_int_equal(count_of("class=\"chart calibration\""), 0);
}

static void nothing_breaks_out(void **state)
{
    (void)state;
    static const char evil[] =
        "</title></style></script>--><script>alert(1)</script><img src=x onerror=alert(1)>"
        "\" onload=\"x' onload='y &amp; \x1b]0;t\x07\r\n\x7f \xC2\x9B\u202E end";
    struct fb_str text = {evil, sizeof(evil) - 1};
    struct fb_picture *picture = &sample.picture;
    struct fb_program *program = FB_ARENA_NEW(&sample.arena, struct fb_program);
    *program = *picture->policies[0].program;
    program->name = program->title = program->source = text;
    picture->policies[0].program = program;
    picture->origin = text;
    grow(1, 3, text);
    sample.cyber->name = sample.cyber->title = sample.cyber->measures[0] = text;
    sample.cyber->margins[0].name = sample.cyber->margins[0].source = text;
    sample.cyber->needs.elicited[0] = text;
    sample.cyber->needs.elicited_count = 1;
    struct fb_record *record =
        sample_record(&sample, FB_KIND_evaluation, "evaluation/x", "2026-09-09", "{}");
    record->issuer = record->id = text;
    picture->lines[0].figures.items[0].record = record;
    picture->lines[0].why->text = text;
    picture->lines[0].why->child->text = text;
    picture->lines[0].why->child->record_id = text;
    picture->duties[0].text = text;
    picture->duties[0].obligation.party = text;
    ((struct fb_value *)picture->duties[0].obligation.bindings)[1] = fb_value_str(text);
    picture->licences[1].why->child->text = text;
    picture->systems[SAMPLE_MINNOW].exempt_why->text = text;
    for (size_t i = 0; i < picture->cases[0].argument->element_count; i++) {
        struct fb_element *element = &picture->cases[0].argument->elements[i];
        element->text = element->predicate = text;
    }
    struct fb_buf body;
    fb_buf_init(&body, 4096);
    fb_buf_add_c(&body, "{\"title\":\"</h2><script>alert(1)</script>\",\"developer\":\"<b>\"}");
    picture->systems[0].record =
        sample_record(&sample, FB_KIND_system, "system/<i>", "2026-02-02", body.ptr);
    fb_buf_release(&body);
    make();
    check_page();
    assert_false(has("<script"));
    assert_false(has("<img"));
    assert_false(has("\" onload"));
    assert_false(has("\u202E"));
    assert_true(has("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

/* ---- limits ---- */

static void a_large_picture_gives_a_bounded_page(void **state)
{
    (void)state;
    struct fb_picture *picture = &sample.picture;
    while (picture->duty_count < 300) {
        (void)sample_duty(&sample, "system/aurora-2", FB_DUTY_OWED, "one of many duties");
    }
    while (picture->system_count < 250) {
        picture->systems[picture->system_count++] = picture->systems[SAMPLE_BOREAL];
    }
    while (picture->line_count < 100) {
        picture->lines[picture->line_count++] = picture->lines[1];
    }
    while (picture->policy_count < 300) {
        picture->policies[picture->policy_count++] = picture->policies[1];
    }
    while (picture->case_count < 30) {
        picture->cases[picture->case_count++] = picture->cases[0];
    }
    sample_chain(&sample);
    struct fb_figures_list *figures = &picture->lines[0].figures;
    while (figures->count < 350) {
        figures->items[figures->count] = figures->items[1];
        figures->items[figures->count++].record =
            sample_record(&sample, FB_KIND_evaluation, "evaluation/many", "2026-09-09", "{}");
    }
    make();
    check_page();
    static const char *const texts[] = {"150 more systems are not shown",
        "100 more policies are not shown", "more duties are not shown",
        "20 more safety cases are not shown", "57 more red lines are not shown",
        "320 more evaluations, older ones, are not drawn", "more rows are not drawn",
        "more entries stand in the sections below", "and 286 more duties",
        "The page names more records than the 300 listed here"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!has(texts[i])) {
            fail_msg("the page lacks: %s", texts[i]);
        }
    }
    assert_int_equal(count_of("<section class=\"system\""), FB_HTML_SYSTEMS_MAX);
    assert_true(page.len < 3000000);
}

/* A chain of supporters deeper than any list, and more elements than are listed or drawn. */
static void a_large_argument_is_cut(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct fb_case *argument =
        sample.picture.cases[0].argument ? FB_ARENA_NEW(&sample.arena, struct fb_case) : NULL;
    static uint32_t next[COUNT], all[COUNT];
    argument->elements = FB_ARENA_ARRAY(&sample.arena, struct fb_element, COUNT);
    argument->element_count = COUNT;
    for (uint32_t i = 0; i < COUNT; i++) {
        next[i] = i + 1;
        all[i] = i;
        argument->elements[i] = (struct fb_element){.id = FB_STR("G1"),
            .text = FB_STR("a claim"),
            .supported_by = &next[i],
            .supported_by_count = i + 1 < COUNT};
    }
    sample.picture.cases[0].argument = argument;
    make();
    check_page();
    assert_true(has("and what is below it"));
    assert_true(has("5000 elements"));
    argument->elements[0].supported_by = all + 1;
    argument->elements[0].supported_by_count = COUNT - 1;
    make();
    check_page();
    assert_true(has("(as above)"));
    assert_true(has("The rest of the argument is not shown."));
}

static void failures_leave_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct fb_buf small;
    fb_buf_init(&small, 20000);
    fb_buf_add_c(&small, "before");
    FB_TEST_FAILS(fb_report_html(&sample.picture, &small, &err), FB_E_LIMIT);
    assert_int_equal(small.len, strlen("before"));
    fb_buf_release(&small);
    enum fb_code code = FB_E_NOMEM;
    int64_t n = 0;
    grow(1, 3, FB_STR("x"));
    for (; code != FB_OK && n < 1000; n++) {
        struct fb_buf out;
        fb_buf_init(&out, 1 << 26);
        fb_alloc_fail_at(n);
        code = fb_report_html(&sample.picture, &out, &err);
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(out.len, 0);
        }
        fb_buf_release(&out);
    }
    assert_true(n > 10 && code == FB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_page_says_what_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(links_lead_somewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_picture_gives_the_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_page_is_appended, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_docket_has_a_page, setup, teardown),
        cmocka_unit_test_setup_teardown(bands_join_and_split_at_now, setup, teardown),
        cmocka_unit_test_setup_teardown(growth_is_drawn_and_what_bounds_keep, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_breaks_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_picture_gives_a_bounded_page, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_argument_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(failures_leave_the_buffer_as_it_was, setup, teardown),
    };
    return cmocka_run_group_tests_name("report/html", tests, NULL, NULL);
}
