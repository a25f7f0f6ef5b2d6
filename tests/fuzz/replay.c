/*
 * replay.c: a main for a fuzzer without libFuzzer. It gives the fuzzer every file of a folder of
 * seeds, whole and cut short at some places, and prints one line of TAP a seed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"

enum { CUTS = 16, SEED_MAX = 1024 * 1024, PATH_SIZE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the first size bytes of a seed, in memory of just that size so that a sanitizer sees a read
 * beyond them. */
static void run(struct fb_str seed, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, seed.ptr, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static bool replay(const char *path, struct fb_err *err)
{
    struct fb_buf content;
    fb_buf_init(&content, SEED_MAX);
    bool ok = fb_io_read(path, &content, err) == FB_OK;
    if (ok) {
        struct fb_str seed = fb_buf_str(&content);
        for (size_t i = 0; i < CUTS; i++) {
            run(seed, seed.len * i / CUTS);
        }
        run(seed, seed.len);
    }
    fb_buf_release(&content);
    return ok;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **seeds = NULL;
    int count = argc == 2 ? scandir(argv[1], &seeds, is_seed, alphasort) : -1;
    if (count <= 0) {
        printf("Bail out! no seeds in '%s'\n", argc == 2 ? argv[1] : "");
        free(seeds);
        return 1;
    }
    int failed = 0;
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct fb_err err;
        fb_err_init(&err);
        snprintf(path, sizeof(path), "%s/%s", argv[1], seeds[i]->d_name);
        bool ok = replay(path, &err);
        failed += !ok;
        printf("%sok %d - %s %s\n", ok ? "" : "not ", i + 1, seeds[i]->d_name, err.message);
        fflush(stdout);
        free(seeds[i]);
    }
    free(seeds);
    return failed > 0;
}
