#include <string.h>

#include "tidy.h"

/* A call, where it may stand all the same, and what to write instead. */
struct banned {
    const char *name;
    const char *allowed_in;
    const char *instead;
};

#define OUTSIDE "tests/ tools/ "
#define FRONT OUTSIDE "src/cli/ "

static const struct banned banned[] = {
    {"strcpy", "", "use struct fb_buf, or memcpy with a length"},
    {"strcat", "", "use struct fb_buf"},
    {"strncpy", "", "use struct fb_buf, or memcpy with a length"},
    {"strncat", "", "use struct fb_buf"},
    {"stpcpy", "", "use struct fb_buf"},
    {"sprintf", "", "use snprintf or fb_buf_addf"},
    {"vsprintf", "", "use vsnprintf"},
    {"gets", "", "use fb_io_read"},
    {"strtok", "", "use fb_str_find and fb_str_sub"},
    {"strtok_r", "", "use fb_str_find and fb_str_sub"},
    {"atoi", "", "use fb_str_u64, which says when it fails"},
    {"atol", "", "use fb_str_u64, which says when it fails"},
    {"atoll", "", "use fb_str_u64, which says when it fails"},
    {"atof", "", "use base/decimal.h"},
    {"scanf", "", "read with base/str.h"},
    {"sscanf", "", "read with base/str.h"},
    {"fscanf", "", "read with base/str.h"},
    {"alloca", "", "use struct fb_arena"},
    {"system", "", "do it in the process, or use posix_spawn with a list of arguments"},
    {"popen", "", "do it in the process, or use posix_spawn with a list of arguments"},
    {"setjmp", OUTSIDE, "return an enum fb_code"},
    {"longjmp", OUTSIDE, "return an enum fb_code"},
    {"rand", "", "results must not depend on chance"},
    {"srand", "", "results must not depend on chance"},
    {"random", "", "results must not depend on chance"},
    {"malloc", OUTSIDE "src/base/alloc.c", "use fb_alloc, whose failures are tested"},
    {"calloc", OUTSIDE "src/base/alloc.c", "use fb_calloc, whose failures are tested"},
    {"realloc", OUTSIDE "src/base/alloc.c", "use fb_realloc, whose failures are tested"},
    {"free", OUTSIDE "src/base/alloc.c", "use fb_free"},
    {"strdup", OUTSIDE "src/base/alloc.c", "use fb_strndup, whose failures are tested"},
    {"strndup", OUTSIDE "src/base/alloc.c", "use fb_strndup, whose failures are tested"},
    {"time", OUTSIDE "src/base/clock.c", "take a struct fb_clock"},
    {"gettimeofday", OUTSIDE "src/base/clock.c", "take a struct fb_clock"},
    {"clock_gettime", OUTSIDE "src/base/clock.c", "take a struct fb_clock"},
    {"fopen", OUTSIDE "src/base/io.c", "use base/io.h, whose failures are tested"},
    {"open", OUTSIDE "src/base/io.c", "use base/io.h, whose failures are tested"},
    {"openat", OUTSIDE "src/base/io.c", "use base/io.h, whose failures are tested"},
    {"creat", OUTSIDE "src/base/io.c", "use base/io.h, whose failures are tested"},
    {"printf", FRONT, "a library never prints; return the text"},
    {"vprintf", FRONT, "a library never prints; return the text"},
    {"puts", FRONT, "a library never prints; return the text"},
    {"putchar", FRONT, "a library never prints; return the text"},
    {"fprintf", FRONT "src/base/assert.c", "a library never prints; return the text or an error"},
    {"fputs", FRONT, "a library never prints; return the text or an error"},
    {"perror", "", "fill a struct fb_err"},
    {"exit", FRONT, "a library never exits; return an enum fb_code"},
    {"_exit", FRONT "src/base/process.c", "a library never exits; return an enum fb_code"},
    {"abort", OUTSIDE "src/base/assert.c", "use FB_ASSERT"},
};

/* True when the word at this place is called: a parenthesis follows, and no member is meant. */
static bool is_call(struct fb_str code, size_t start, size_t len)
{
    size_t after = start + len, before = start;
    while (after < code.len && code.ptr[after] == ' ') {
        after++;
    }
    while (before > 0 && code.ptr[before - 1] == ' ') {
        before--;
    }
    bool is_member = before > 0 && (code.ptr[before - 1] == '.' || code.ptr[before - 1] == '>');
    return after < code.len && code.ptr[after] == '(' && !is_member;
}

void check_calls(struct tree *tree, const struct file *file)
{
    if (!file->is_c) {
        return;
    }
    for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++) {
        const char *name = banned[i].name;
        if (path_in_any(file->path, banned[i].allowed_in)) {
            continue;
        }
        size_t at = find_word(file->code, name, 0);
        for (; at < file->code.len; at = find_word(file->code, name, at + 1)) {
            if (is_call(file->code, at, strlen(name))) {
                report(tree, file, line_of(file->text, at), "banned-call", name, "%s(); %s", name,
                    banned[i].instead);
            }
        }
    }
}
