/* cmd_case.c: `flyball case`: finds the verb. */
#include "cli/cmd_case.h"

#include <string.h>

#include "base/io.h"
#include "case/load.h"
#include "case/rules.h"

#define PATH_MAX_BYTES 4096

/* The next of several names with commas between, as a string; false: none is left, or too long. */
static bool next_name(struct fb_str *rest, char out[PATH_MAX_BYTES])
{
    size_t end = fb_str_find(*rest, ',', 0);
    struct fb_str name = fb_str_sub(*rest, 0, end);
    if (rest->len == 0 || name.len == 0 || name.len >= PATH_MAX_BYTES) {
        return false;
    }
    memcpy(out, name.ptr, name.len);
    out[name.len] = 0;
    *rest = fb_str_sub(*rest, end + 1, SIZE_MAX);
    return true;
}

bool fb_cli_case_is_files(const char *name)
{
    char one[PATH_MAX_BYTES];
    struct fb_str rest = fb_str_of(name);
    if (fb_io_is_file(name)) {
        return true;
    }
    while (rest.len > 0) {
        if (!next_name(&rest, one) || !fb_io_is_file(one)) {
            return false;
        }
    }
    return name[0] != 0;
}

/* The arguments behind the verb, those that are several files taken apart. */
static enum fb_code list_files(const struct fb_cli *cli, struct fb_arena *arena,
    const char *const **out, size_t *out_count, struct fb_err *err)
{
    size_t count = 0, most = 0;
    for (size_t i = 1; i < cli->argument_count; i++) {
        most += 1 + strlen(cli->arguments[i]);
    }
    const char **names = FB_ARENA_ARRAY(arena, const char *, most);
    if (!names) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 1; i < cli->argument_count; i++) {
        const char *argument = cli->arguments[i];
        char one[PATH_MAX_BYTES];
        struct fb_str rest = fb_str_of(argument), kept;
        if (fb_io_is_file(argument) || !fb_cli_case_is_files(argument)) {
            names[count++] = argument;
            continue;
        }
        while (next_name(&rest, one)) {
            enum fb_code code = fb_arena_str(arena, fb_str_of(one), &kept, err);
            if (code != FB_OK) {
                return code;
            }
            names[count++] = kept.ptr;
        }
    }
    *out = names;
    *out_count = count;
    return FB_OK;
}

enum fb_code fb_cli_case_read(
    const struct fb_cli *cli, struct fb_arena *arena, struct fb_case **out, struct fb_err *err)
{
    struct fb_doc doc;
    const char *const *names = NULL;
    size_t count = 0;
    struct fb_load_options options = {.follow = true, .once = true, .format = FB_CASE_UNKNOWN};
    fb_doc_init(&doc, arena);
    enum fb_code code = list_files(cli, arena, &names, &count, err);
    code = code != FB_OK ? code : fb_doc_load(&doc, &options, names, count, err);
    code = code != FB_OK ? code : fb_rules_extend(&doc, err);
    code = code != FB_OK ? code : fb_case_build(&doc, true, arena, out, err);
    fb_doc_release(&doc);
    return code;
}

enum fb_code cmd_case(struct fb_cli *cli, struct fb_err *err)
{
    static const struct {
        const char *name;
        size_t least; /* arguments, the verb among them */
        enum fb_code (*run)(struct fb_cli *cli, struct fb_err *err);
    } VERBS[] = {{"check", 2, fb_cli_case_check}, {"draw", 2, fb_cli_case_draw},
        {"convert", 3, fb_cli_case_convert}, {"labels", 2, fb_cli_case_labels},
        {"status", 1, fb_cli_case_status}, {"explain", 1, fb_cli_case_explain},
        {"what-if", 2, fb_cli_case_what_if}, {"weakest", 1, fb_cli_case_weakest},
        {"diff", 3, fb_cli_case_diff}, {"new", 1, fb_cli_case_new},
        {"review", 2, fb_cli_case_review}};
    enum fb_code code = fb_cli_want(cli, 1, SIZE_MAX, err);
    if (code != FB_OK) {
        return code;
    }
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        if (strcmp(cli->arguments[0], VERBS[i].name) == 0) {
            code = fb_cli_want(cli, VERBS[i].least, SIZE_MAX, err);
            return code ? code : VERBS[i].run(cli, err);
        }
    }
    return fb_cli_misused(cli, err, "'%s' is not something `case` does", cli->arguments[0]);
}
