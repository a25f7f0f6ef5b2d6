#include "record/classes.h"

#include "base/assert.h"

static const struct fb_class classes[] = {
#define FB_CLASS(name, text, laws, terms) {#name, text, laws, terms},
#include "record/classes.def"
};

const struct fb_class *fb_classes(size_t *out_count)
{
    FB_ASSERT(out_count);
    *out_count = sizeof(classes) / sizeof(classes[0]);
    return classes;
}

const struct fb_class *fb_class_named(struct fb_str name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (fb_str_is(name, classes[i].name)) {
            return &classes[i];
        }
    }
    return NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Where a term begins a word of the text; text.len when nowhere. */
static size_t find_term(struct fb_str text, struct fb_str term)
{
    for (size_t at = 0; at + term.len <= text.len; at++) {
        size_t same = 0;
        while (same < term.len && lower(text.ptr[at + same]) == term.ptr[same]) {
            same++;
        }
        if (same == term.len && (at == 0 || !is_letter(text.ptr[at - 1]))) {
            return at;
        }
    }
    return text.len;
}

bool fb_class_speaks(
    const struct fb_class *class_, struct fb_str text, struct fb_str *out_term, size_t *out_at)
{
    FB_ASSERT(class_ && out_term && out_at);
    struct fb_str terms = fb_str_of(class_->terms);
    size_t best = text.len;
    for (size_t from = 0; from < terms.len;) {
        size_t end = fb_str_find(terms, '|', from);
        struct fb_str term = fb_str_sub(terms, from, end - from);
        size_t at = find_term(text, term);
        if (at < best) {
            best = at;
            *out_term = term;
            *out_at = at;
        }
        from = end + 1;
    }
    return best < text.len;
}
