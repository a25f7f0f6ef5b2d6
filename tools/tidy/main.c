#include <stdio.h>

#include "tidy.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "tidy: wrong use: tidy FOLDER\n");
        return 2;
    }
    struct tree tree;
    tree_read(&tree, argv[1]);
    allow_read(&tree);
    for (const struct file *file = tree.files; file; file = file->next) {
        check_text(&tree, file);
        check_calls(&tree, file);
        check_functions(&tree, file);
        check_layers(&tree, file);
        check_used(&tree, file);
    }
    check_rooms(&tree);
    allow_unused(&tree);
    printf("tidy: %u files, %u findings\n", tree.file_count, tree.findings);
    unsigned findings = tree.findings;
    tree_release(&tree);
    return findings > 0;
}
