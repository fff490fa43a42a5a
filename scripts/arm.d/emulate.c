/* Starts the program PROGRAM by qemu-user, under its own name and with its own arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char *start[] = {QEMU, "-L", LIBRARIES, "-0", argv[0], PROGRAM};
    int before = sizeof start / sizeof *start;
    char **all = calloc(before + argc, sizeof *all); /* without argv[0], with a null at the end */
    if (all) {
        for (int i = 0; i < before; i++) all[i] = start[i];
        for (int i = 1; i < argc; i++) all[before + i - 1] = argv[i];
        execv(QEMU, all);
    }
    perror(QEMU);
    return 126;
}
