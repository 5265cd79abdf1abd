#define _GNU_SOURCE
#include "tool.h"

#include "kms_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/kmemsim-test-XXXXXX";
static char back[4096];

int tool_setup(void **state)
{
    (void)state;
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    if (!getcwd(back, sizeof back) || !mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    setenv("TOOL", TOOL_PATH, 1);
    setenv("SUBJECT", SUBJECT_PATH, 1);
    setenv("LC_ALL", "C", 1);
    return 0;
}

int tool_teardown(void **state)
{
    (void)state;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    return chdir(back) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

char *tool_read(const char *name)
{
    FILE *file = fopen(name, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file)
        fail_msg("%s is not there", name);
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

void tool_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

void tool_run(struct tool_run *run, const char *command)
{
    char *whole;
    if (asprintf(&whole, "{ %s; } >tool.out 2>tool.err", command) < 0)
        fail_msg("no memory");
    int status = system(whole);
    free(whole);
    run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    run->out = tool_read("tool.out");
    run->err = tool_read("tool.err");
}

void tool_done(struct tool_run *run)
{
    free(run->out);
    free(run->err);
}
