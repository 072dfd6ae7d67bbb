// Stands between the program and libvirt (LD_PRELOAD): the call LAB_FAULT, "FUNCTION:NUMBER", fails once with an error of
// libvirt's own; the name of each call is appended to the file LAB_CALLS.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

// Programs that the program runs, libvirtd among them, are not interposed.
__attribute__((constructor)) static void begin(void) { unsetenv("LD_PRELOAD"); }

static int fails(const char *name, int *count) {
    int number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    char text[128];
    int length = snprintf(text, sizeof text, "%s:%d\n", name, number);
    const char *path = getenv("LAB_CALLS"), *wanted = getenv("LAB_FAULT");
    if (path) {
        int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (write(file, text, length) != length) abort();
        close(file);
    }
    text[length - 1] = 0;
    if (!wanted || strcmp(wanted, text) != 0) return 0;
    // A call that cannot succeed leaves the thread an error to report.
    virNetworkLookupByName(NULL, "made to fail by the test");
    return 1;
}

#define INTERPOSE(type, name, wrong, parameters, arguments)                            \
    type name parameters {                                                             \
        static int count;                                                              \
        static type(*next) parameters;                                                 \
        if (!next) next = (type(*) parameters)dlsym(RTLD_NEXT, #name);                 \
        return fails(#name, &count) ? wrong : next arguments;                          \
    }

INTERPOSE(virConnectPtr, virConnectOpen, NULL, (const char *a), (a))
INTERPOSE(virNetworkPtr, virNetworkCreateXML, NULL, (virConnectPtr a, const char *b), (a, b))
INTERPOSE(int, virConnectListAllNetworks, -1, (virConnectPtr a, virNetworkPtr **b, unsigned int c), (a, b, c))
INTERPOSE(char *, virNetworkGetXMLDesc, NULL, (virNetworkPtr a, unsigned int b), (a, b))
INTERPOSE(int, virNetworkIsActive, -1, (virNetworkPtr a), (a))
INTERPOSE(virDomainPtr, virDomainDefineXML, NULL, (virConnectPtr a, const char *b), (a, b))
INTERPOSE(virDomainPtr, virDomainLookupByName, NULL, (virConnectPtr a, const char *b), (a, b))
INTERPOSE(int, virDomainCreate, -1, (virDomainPtr a), (a))
INTERPOSE(int, virDomainGetState, -1, (virDomainPtr a, int *b, int *c, unsigned int d), (a, b, c, d))
INTERPOSE(char *, virDomainGetXMLDesc, NULL, (virDomainPtr a, unsigned int b), (a, b))
INTERPOSE(virDomainSnapshotPtr, virDomainSnapshotCreateXML, NULL, (virDomainPtr a, const char *b, unsigned int c), (a, b, c))
INTERPOSE(virDomainSnapshotPtr, virDomainSnapshotLookupByName, NULL, (virDomainPtr a, const char *b, unsigned int c), (a, b, c))
INTERPOSE(int, virDomainRevertToSnapshot, -1, (virDomainSnapshotPtr a, unsigned int b), (a, b))
INTERPOSE(int, virDomainSnapshotDelete, -1, (virDomainSnapshotPtr a, unsigned int b), (a, b))
INTERPOSE(char *, virDomainQemuAgentCommand, NULL, (virDomainPtr a, const char *b, int c, unsigned int d), (a, b, c, d))
