#pragma once
#include <libssh2.h>
#include <sys/eventfd.h>
