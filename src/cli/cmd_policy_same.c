/* cmd_policy_same.c: --same FILE of policy compare and diff. */
#include "base/assert.h"
#include "base/io.h"
#include "cli/cli.h"

/* All errors but the last are told here; that one is the command's. */
static enum fb_code refused(
    const struct fb_policy_errors *errors, enum fb_code code, struct fb_err *err)
{
    FB_ASSERT(errors->count > 0);
    for (size_t i = 0; i + 1 < errors->count; i++) {
        fb_cli_complain(&errors->items[i]);
    }
    *err = errors->items[errors->count - 1];
    return code;
}

enum fb_code fb_cli_same_open(struct fb_cli *cli, struct fb_arena *arena, struct fb_cli_same *same,
    struct fb_policy_errors *errors, struct fb_err *err)
{
    const char *path = fb_cli_value(cli, "same");
    fb_buf_init(&same->text, FB_SAME_TEXT_MAX + 1);
    same->given = path != NULL;
    if (!path) {
        return FB_OK;
    }
    enum fb_code code = fb_io_read(path, &same->text, err);
    if (code == FB_OK) {
        code = fb_same_read(fb_buf_str(&same->text), path, arena, &same->groups, errors);
        code = code ? refused(errors, code, err) : FB_OK;
    }
    return code;
}

enum fb_code fb_cli_same_apply(struct fb_cli_same *same, const char *name, struct fb_arena *arena,
    struct fb_str *text, struct fb_policy_errors *errors, struct fb_err *err)
{
    enum fb_code code =
        same->given ? fb_same_translate(&same->groups, *text, name, arena, text, errors) : FB_OK;
    return code ? refused(errors, code, err) : FB_OK;
}

void fb_cli_same_close(struct fb_cli_same *same, bool tell)
{
    const struct fb_same *groups = &same->groups;
    for (size_t i = 0; same->given && tell && i < groups->count; i++) {
        const struct fb_same_word *word = &groups->words[i];
        if (!word->used) {
            char text[FB_ERR_TEXT_MAX];
            (void)snprintf(text, sizeof(text), "%.*s", FB_STR_ARG(fb_str_sub(word->text, 0, 200)));
            fb_cli_clean(text);
            fprintf(stderr, "flyball: note: %s:%u:%u: no policy here says '%s'\n", groups->name,
                word->span.line, word->span.column, text);
        }
    }
    fb_buf_release(&same->text);
}
