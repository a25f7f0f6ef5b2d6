/* Names beside points: src/report/svg_labels.c, and svg_trend.c with it. */
#include <stdlib.h>

#include "base/str.h"
#include "fb_test.h"
#include "report/svg_labels.h"
#include "report/svg_trend.h"

static struct fb_err err;

enum { SPOTS_MAX = 300 };

static struct fb_label_spot spots[SPOTS_MAX];

/* A name's box. */
struct box {
    int64_t left, right, top, bottom;
};

static struct box box_of(const struct fb_label_spot *s)
{
    return (struct box){
        s->left, s->left + s->width, s->baseline - FB_LABEL_ASCENT, s->baseline + FB_LABEL_DESCENT};
}

static bool overlap(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static int64_t distance(const struct box *b, const struct fb_label_spot *s)
{
    int64_t dx = s->x < b->left ? b->left - s->x : s->x > b->right ? s->x - b->right : 0;
    int64_t dy = s->y < b->top ? b->top - s->y : s->y > b->bottom ? s->y - b->bottom : 0;
    return dx * dx + dy * dy;
}

/* True when a line comes into a box, by 500 steps along it. */
static bool enters(const struct fb_label_line *l, const struct box *b)
{
    for (int i = 0; i <= 500; i++) {
        double x = (double)l->x1 + (double)(l->x2 - l->x1) * i / 500;
        double y = (double)l->y1 + (double)(l->y2 - l->y1) * i / 500;
        if (x > (double)b->left && x < (double)b->right && y > (double)b->top &&
            y < (double)b->bottom) {
            return true;
        }
    }
    return false;
}

/* Holds all that the header says of placed names; returns how many there are. */
static size_t check(const struct fb_label_field *field, size_t count)
{
    size_t placed = 0;
    for (size_t i = 0; i < count; i++) {
        const struct fb_label_spot *s = &spots[i];
        if (!s->placed) {
            continue;
        }
        struct box b = box_of(s);
        placed++;
        assert_true(b.left >= field->left && b.right <= field->right);
        assert_true(b.top >= field->top && b.bottom <= field->bottom);
        for (size_t j = 0; j < count; j++) {
            struct box other = box_of(&spots[j]);
            struct box dot = {spots[j].x - 7, spots[j].x + 7, spots[j].y - 7, spots[j].y + 7};
            bool same = spots[j].x == s->x && spots[j].y == s->y;
            assert_false(overlap(&b, &dot));
            assert_false(j != i && spots[j].placed && overlap(&b, &other));
            assert_true(s->led || same || distance(&b, s) < distance(&b, &spots[j]));
            assert_false(s->led && j != i && spots[j].placed && enters(&s->lead, &other));
            assert_false(s->led && !same && enters(&s->lead, &dot));
        }
        assert_true(s->led || distance(&b, s) < FB_LABEL_ADJACENT * FB_LABEL_ADJACENT);
    }
    return placed;
}

/* Dots anywhere, few and many, with names of any length: whatever is placed keeps clear; where
 * there is room for all, all are placed. */
static void names_keep_clear(void **state)
{
    (void)state;
    const struct fb_label_line bars[] = {{84, 500, 930, 90}, {400, 100, 400, 300}};
    const struct fb_label_field field = {84, 954, 73, 506, bars, 2};
    uint32_t seed = 1;
    for (int round = 0; round < 26; round++) {
        size_t count = (size_t)(round % 13) * (round >= 13 ? 24 : 2), named = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t a = seed = seed * 1664525 + 1013904223;
            uint32_t b = seed = seed * 1664525 + 1013904223;
            uint32_t c = seed = seed * 1664525 + 1013904223;
            spots[i] = (struct fb_label_spot){
                .x = 84 + (int64_t)(a >> 8) % 847, .y = 84 + (int64_t)(b >> 8) % 423};
            spots[i].width = (c >> 9) % 5 ? 20 + (int64_t)(c >> 12) % 160 : 0;
            named += spots[i].width > 0;
        }
        fb_labels_place(&field, spots, count);
        size_t placed = check(&field, count);
        assert_true(placed <= named && placed <= FB_LABELS_MAX);
        assert_true(count >= 12 || placed == named);
        assert_true(count <= FB_LABELS_DENSE || placed <= FB_LABELS_DENSE_MAX);
        assert_true(count == 0 || placed > 0);
    }
}

/* Two points in one place both have their names. */
static void twins_have_both_names(void **state)
{
    (void)state;
    const struct fb_label_field field = {84, 954, 73, 506, NULL, 0};
    spots[0] = spots[1] = (struct fb_label_spot){.x = 930, .y = 90, .width = 150};
    fb_labels_place(&field, spots, 2);
    assert_int_equal(check(&field, 2), 2);
}

/* What has no room is left out. */
static void no_room_no_name(void **state)
{
    (void)state;
    const struct fb_label_field field = {0, 100, 0, 100, NULL, 0};
    spots[0] = (struct fb_label_spot){.x = 50, .y = 50, .width = 120};
    spots[1] = (struct fb_label_spot){.x = 20, .y = 20, .width = 30};
    fb_labels_place(&field, spots, 2);
    assert_true(!spots[0].placed && spots[1].placed);
    fb_labels_place(&field, NULL, 0);
}

static void widths_grow_with_names(void **state)
{
    (void)state;
    assert_int_equal(fb_label_width(FB_STR("")), 0);
    /* Advances of DejaVu Sans at 13 pixels, by its tables: 163.2 and 94.2. */
    assert_true(fb_label_width(FB_STR("Claude 3.5 Sonnet (New)")) >= 163);
    assert_true(fb_label_width(FB_STR("WWWWWWW")) >= 90);
    int64_t cut = fb_label_width(FB_STR("a name of thirty-six characters, and more of it"));
    assert_true(cut > 250 && cut < 400);
    assert_int_equal(
        cut, fb_label_width(FB_STR("a name of thirty-six characters, and much more of it")));
}

/* Seventeen agents as METR's table of January 2026 dates them, with long names; the newest are
 * close together at the right edge. */
static const struct {
    const char *name;
    int32_t day;
    double value;
} agents[] = {{"GPT-2", 17941, .035}, {"davinci-002", 18410, .15},
    {"gpt-3.5-turbo-instruct", 19066, .6}, {"GPT-4 0314", 19430, 5.4}, {"GPT-4 1106", 19667, 8.5},
    {"Claude 3 Opus", 19786, 6.4}, {"GPT-4 Turbo", 19822, 6.6}, {"GPT-4o", 19856, 9.2},
    {"Claude 3.5 Sonnet (Old)", 19894, 18.2}, {"o1-preview", 19978, 22},
    {"Claude 3.5 Sonnet (New)", 20018, 28}, {"o1", 20062, 39}, {"Claude 3.7 Sonnet", 20143, 54},
    {"o3", 20194, 92}, {"Grok 4 (x.ai, heavy scaffold)", 20278, 110},
    {"GPT-5 (high reasoning)", 20307, 137}, {"GPT-5.1-Codex-Max (inspect agent)", 20411, 162}};

/* Parses `name="123` of a tag; -1 when it is not there. */
static int64_t attribute(const char *tag, const char *name)
{
    const char *at = strstr(tag, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

static void seventeen_long_names_are_all_there(void **state)
{
    (void)state;
    enum { COUNT = sizeof(agents) / sizeof(agents[0]) };
    struct fb_chart_point points[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        points[i] = (struct fb_chart_point){(fb_time)agents[i].day * FB_DAY, agents[i].value,
            agents[i].value / 3, agents[i].value * 3, fb_str_of(agents[i].name), true};
    }
    struct fb_chart_step steps[] = {
        {17941 * FB_DAY, .022, .01, .05}, {20411 * FB_DAY, 115, 80, 170}};
    struct fb_chart chart = {
        FB_STR("horizon"), FB_STR("doubles"), true, false, points, COUNT, steps, 2};
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    size_t names = 0;
    for (const char *tag = strstr(out.ptr, "<text class=\"ink name\""); tag;
         tag = strstr(tag + 1, "<text class=\"ink name\"")) {
        const char *text = strchr(tag, '>') + 1;
        size_t len = strcspn(text, "<");
        int64_t width = fb_label_width((struct fb_str){text, len}), x = attribute(tag, " x=\"");
        const char *anchor = strstr(tag, "text-anchor=\"") + strlen("text-anchor=\"");
        int64_t left = *anchor == 's' ? x : *anchor == 'e' ? x - width : x - width / 2;
        assert_true(left >= 84 && left + width <= 954);
        names++;
        for (size_t i = 0; i < COUNT; i++) {
            assert_false(len > strlen(agents[i].name) && strncmp(text, agents[i].name, len) == 0);
        }
    }
    assert_int_equal(names, COUNT);
    assert_non_null(strstr(out.ptr, "<title>GPT-4o, 2024-05-13: 9.20 min</title>"));
    fb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_clear),
        cmocka_unit_test(twins_have_both_names),
        cmocka_unit_test(no_room_no_name),
        cmocka_unit_test(widths_grow_with_names),
        cmocka_unit_test(seventeen_long_names_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
