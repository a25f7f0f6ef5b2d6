/* duty_words.c: what obligations are called and say. Those of a duty come one after the other. */
#include "govern/duty_words.h"

#include "base/assert.h"

enum { NAME_MAX_BYTES = 4096, TEXT_MAX_BYTES = 8192 };

/* A stretch of a title: a parameter, or what stands between two. */
struct fb_duty_piece {
    struct fb_str text;
    int parameter; /* -1: none */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The parameter whose name stands at `at` as a whole word; -1 when none does. */
static int parameter_at(const struct fb_duty *duty, struct fb_str text, size_t at)
{
    if (at > 0 && is_word(text.ptr[at - 1])) {
        return -1;
    }
    for (size_t i = 0; i < duty->param_count; i++) {
        struct fb_str name = duty->vars[i];
        struct fb_str rest = fb_str_sub(text, at, text.len);
        if (fb_str_starts(rest, name) && (rest.len == name.len || !is_word(rest.ptr[name.len]))) {
            return (int)i;
        }
    }
    return -1;
}

/* The beginning of the next word behind the one at `at`. */
static size_t next_word(struct fb_str text, size_t at)
{
    for (at++; at < text.len && (!is_word(text.ptr[at]) || is_word(text.ptr[at - 1])); at++) {
    }
    return at;
}

/* Cuts the title of a duty into its pieces; how many they are. NULL: they are only counted. */
static size_t cut_title(const struct fb_duty *duty, struct fb_duty_piece *out)
{
    struct fb_str title = duty->title;
    size_t count = 0;
    int last = 0; /* the parameter before, or -1 behind what is none */
    for (size_t at = 0, next; at < title.len; at = next) {
        int parameter = parameter_at(duty, title, at);
        next = parameter < 0 ? next_word(title, at) : at + duty->vars[parameter].len;
        bool goes_on = count > 0 && parameter < 0 && last < 0;
        if (out && goes_on) {
            out[count - 1].text.len += next - at;
        } else if (out) {
            out[count] = (struct fb_duty_piece){fb_str_sub(title, at, next - at), parameter};
        }
        count += goes_on ? 0 : 1;
        last = parameter;
    }
    return count;
}

void fb_duty_words_init(struct fb_duty_words *words, struct fb_arena *arena)
{
    FB_ASSERT(words && arena);
    *words = (struct fb_duty_words){.arena = arena};
    fb_buf_init(&words->name, NAME_MAX_BYTES);
    fb_buf_init(&words->text, TEXT_MAX_BYTES);
}

void fb_duty_words_release(struct fb_duty_words *words)
{
    FB_ASSERT(words);
    fb_buf_release(&words->name);
    fb_buf_release(&words->text);
}

/* A copy of what was written; ptr NULL when memory ran out. */
static struct fb_str keep(struct fb_arena *arena, const struct fb_buf *text)
{
    struct fb_err ignored;
    struct fb_str out = {NULL, 0};
    bool good = text->state == FB_BUF_GOOD;
    return good && fb_arena_str(arena, fb_buf_str(text), &out, &ignored) == FB_OK
               ? out
               : (struct fb_str){NULL, 0};
}

struct fb_str fb_duty_words_name(struct fb_duty_words *words, const struct fb_program *program,
    const struct fb_obligation *obligation)
{
    FB_ASSERT(words && program && obligation);
    const struct fb_duty *duty = obligation->duty;
    struct fb_buf *name = &words->name;
    fb_buf_clear(name);
    fb_buf_add_c(name, "duty:");
    fb_buf_add_str(name, program->name);
    fb_buf_add_char(name, '/');
    fb_buf_add_str(name, duty->name);
    fb_buf_add_char(name, ':');
    for (size_t i = 0; i < duty->param_count; i++) {
        if (i > 0) {
            fb_buf_add_char(name, ',');
        }
        fb_value_write(obligation->bindings[i], name);
    }
    return keep(words->arena, name);
}

/* Appends a binding as people say it: an id without its kind. */
static void add_binding(struct fb_value value, bool whole, struct fb_buf *out)
{
    size_t slash = value.type == FB_TYPE_STRING ? fb_str_find(value.u.text, '/', 0) : 0;
    if (!whole && value.type == FB_TYPE_STRING && slash + 1 < value.u.text.len) {
        value.u.text = fb_str_sub(value.u.text, slash + 1, value.u.text.len);
    }
    fb_value_write(value, out);
}

/* Makes the pieces of a duty's title, unless they are there. False: memory ran out. */
static bool need_pieces(struct fb_duty_words *words, const struct fb_duty *duty)
{
    if (words->duty == duty) {
        return true;
    }
    size_t count = cut_title(duty, NULL);
    struct fb_duty_piece *pieces = FB_ARENA_ARRAY(words->arena, struct fb_duty_piece, count);
    if (pieces) {
        words->duty = duty;
        words->pieces = pieces;
        words->piece_count = cut_title(duty, pieces);
    }
    return pieces != NULL;
}

struct fb_str fb_duty_words_text(
    struct fb_duty_words *words, const struct fb_obligation *obligation)
{
    FB_ASSERT(words && obligation);
    const struct fb_duty *duty = obligation->duty;
    struct fb_buf *text = &words->text;
    bool named[FB_IR_VARS_MAX] = {false};
    if (!need_pieces(words, duty)) {
        return (struct fb_str){NULL, 0};
    }
    fb_buf_clear(text);
    if (duty->modality == FB_MAY_NOT) {
        fb_buf_add_c(text, fb_str_starts(duty->title, FB_STR("not ")) ? "may " : "");
    }
    for (size_t i = 0; i < words->piece_count; i++) {
        const struct fb_duty_piece *piece = &words->pieces[i];
        if (piece->parameter < 0) {
            fb_buf_add_str(text, piece->text);
        } else {
            add_binding(obligation->bindings[piece->parameter], false, text);
            named[piece->parameter] = true;
        }
    }
    for (size_t i = 0; i < duty->param_count; i++) {
        struct fb_value value = obligation->bindings[i];
        if (!named[i] && (int32_t)i != duty->system_var && value.type == FB_TYPE_STRING &&
            !fb_str_eq(value.u.text, obligation->party)) {
            fb_buf_add_c(text, " (");
            add_binding(value, true, text);
            fb_buf_add_char(text, ')');
        }
    }
    return keep(words->arena, text);
}

struct fb_str fb_work_duty_name(struct fb_arena *arena, const struct fb_program *program,
    const struct fb_obligation *obligation)
{
    struct fb_duty_words words;
    fb_duty_words_init(&words, arena);
    struct fb_str name = fb_duty_words_name(&words, program, obligation);
    fb_duty_words_release(&words);
    return name;
}
