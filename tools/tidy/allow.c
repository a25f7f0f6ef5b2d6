#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tidy.h"

static const char allow_path[] = "tools/tidy.allow";
enum { REASON_MIN = 10 };

/* Takes the next word of a line into the arena; NULL when there is none. */
static const char *take_word(struct tree *tree, struct fb_str *line)
{
    *line = fb_str_trim(*line);
    size_t end = fb_str_find(*line, ' ', 0);
    struct fb_str word = fb_arena_printf(&tree->arena, "%.*s", (int)end, line->ptr);
    *line = fb_str_sub(*line, end, line->len);
    return end > 0 ? word.ptr : NULL;
}

void allow_read(struct tree *tree)
{
    const struct file *file = tree_find(tree, allow_path);
    struct fb_str rest = file ? file->text : FB_STR(""), line;
    struct allowed **tail = &tree->allow;
    for (unsigned number = 1; fb_str_line(&rest, &line); number++) {
        line = fb_str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#') {
            continue;
        }
        struct allowed *entry = FB_ARENA_NEW(&tree->arena, struct allowed);
        const char *rule = take_word(tree, &line);
        const char *where = take_word(tree, &line);
        if (!entry || !where || fb_str_trim(line).len < REASON_MIN) {
            report(tree, file, number, "allow", NULL,
                "an exception without a reason; write: rule path[:name] reason");
            continue;
        }
        *entry = (struct allowed){.rule = rule, .where = where, .line = number};
        *tail = entry;
        tail = &entry->next;
    }
}

bool allow_covers(struct tree *tree, const char *rule, const char *path, const char *name)
{
    char precise[512];
    snprintf(precise, sizeof(precise), "%s:%s", path, name ? name : "");
    for (struct allowed *entry = tree->allow; entry; entry = entry->next) {
        bool is_here = strcmp(entry->where, precise) == 0 || strcmp(entry->where, path) == 0;
        if (is_here && strcmp(entry->rule, rule) == 0) {
            entry->used = true;
            return true;
        }
    }
    return false;
}

void allow_unused(struct tree *tree)
{
    const struct file *file = tree_find(tree, allow_path);
    for (const struct allowed *entry = tree->allow; entry; entry = entry->next) {
        if (!entry->used) {
            report(tree, file, entry->line, "allow", NULL,
                "nothing breaks rule '%s' at %s any more; remove the line", entry->rule,
                entry->where);
        }
    }
}

void report(struct tree *tree, const struct file *file, unsigned line, const char *rule,
    const char *name, const char *fmt, ...)
{
    if (allow_covers(tree, rule, file->path, name)) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    printf("%s:%u: %s: ", file->path, line, rule);
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
    tree->findings++;
}
