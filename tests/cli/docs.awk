# docs.awk: runs the examples of a page of documentation in the current folder, and prints the page
# with what came out now, so that a page that is up to date comes out as it is.
#
#   ```fly NAME        the block is written to the file NAME
#   ```fly NAME more   the block is appended to it, after an empty line
#   ```console         lines that begin with "$ " are commands; what follows is what they print
#   <!-- run: ... -->  a command whose output is not shown (what the text tells the reader to do)
#
# `flyball` is looked up in PATH; both its streams are shown.

/^<!-- run: .* -->$/ {
    print
    command = substr($0, 11, length($0) - 14)
    if (system(command) != 0) print "THE COMMAND FAILED: " command
    next
}

/^```fly / && state == "" {
    print
    state = "fly"
    file = $2
    if ($3 == "more") print "" >> file
    else printf "" > file
    next
}

/^```console$/ && state == "" {
    print
    state = "console"
    next
}

/^```$/ {
    if (state == "fly") close(file)
    print
    state = ""
    next
}

state == "fly" { print >> file }

state == "console" {
    if (substr($0, 1, 2) != "$ ") next
    print
    command = "{ " substr($0, 3) "; } 2>&1"
    while ((command | getline line) > 0) print line
    close(command)
    next
}

{ print }
