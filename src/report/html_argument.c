/* html_argument.c: the argument of a safety case as a nested list with labels. */
#include "base/alloc.h"
#include "base/assert.h"
#include "report/html.h"

enum { DEPTH_MAX = 12 };

/* A list in the making; what was written once is only named the next time. */
struct argument {
    struct fb_buf *out;
    const struct fb_case *argument;
    bool *written;
    size_t left;
};

static void element_head(struct argument *list, const struct fb_element *element, bool again)
{
    struct fb_buf *out = list->out;
    fb_html_chip(out, fb_tone_of_label(element->label), fb_html_label(element->label));
    fb_buf_add_c(out, "<span class=\"id\">");
    fb_html_text_cut(out, element->id, 60);
    fb_buf_addf(out, " %s</span> ", fb_element_kind_name(element->kind));
    if (again) {
        fb_buf_add_c(out, "(as above)");
        return;
    }
    fb_html_text_cut(out, element->text, 400);
    if (element->predicate.len) {
        fb_buf_add_c(out, " <code>");
        fb_html_text_cut(out, element->predicate, 200);
        fb_buf_add_c(out, "</code>");
    }
}

static void add_element(struct argument *list, uint32_t index, const char *role, size_t depth);

static void add_elements(
    struct argument *list, const uint32_t *items, size_t count, const char *role, size_t depth)
{
    for (size_t i = 0; i < count; i++) {
        add_element(list, items[i], role, depth);
    }
}

static void add_element(struct argument *list, uint32_t index, const char *role, size_t depth)
{
    FB_ASSERT(index < list->argument->element_count);
    const struct fb_element *element = &list->argument->elements[index];
    bool again = list->written[index];
    if (list->left == 0) {
        return;
    }
    list->left--;
    list->written[index] = true;
    fb_buf_addf(list->out, "<li>%s", role);
    element_head(list, element, again);
    size_t below = element->supported_by_count + element->context_count + element->challenger_count;
    if (!again && below && depth < DEPTH_MAX) {
        fb_buf_add_c(list->out, "\n<ul>\n");
        add_elements(list, element->supported_by, element->supported_by_count, "", depth + 1);
        add_elements(list, element->context, element->context_count,
            "<span class=\"role\">given</span> ", depth + 1);
        add_elements(list, element->challengers, element->challenger_count,
            "<span class=\"role\">challenged by</span> ", depth + 1);
        fb_buf_add_c(list->out, "</ul>\n");
    } else if (!again && below) {
        fb_buf_add_c(list->out, " <span class=\"role\">and what is below it</span>");
    }
    fb_buf_add_c(list->out, "</li>\n");
}

enum fb_code fb_html_argument(
    struct fb_html *html, const struct fb_case *argument, struct fb_err *err)
{
    FB_ASSERT(html && argument && argument->top < argument->element_count);
    struct argument list = {.out = html->out, .argument = argument, .left = FB_HTML_ELEMENTS_MAX};
    list.written = fb_calloc(argument->element_count, sizeof(*list.written));
    if (!list.written) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the page");
    }
    fb_buf_add_c(html->out, "<details class=\"argument\"><summary>The whole argument, ");
    fb_buf_addf(html->out, "%zu elements</summary>\n<ul>\n", argument->element_count);
    add_element(&list, argument->top, "", 0);
    fb_buf_add_c(html->out, "</ul>\n</details>\n");
    if (list.left == 0) {
        fb_buf_add_c(html->out, "<p class=\"cut\">The rest of the argument is not shown.</p>\n");
    }
    fb_free(list.written);
    return FB_OK;
}
