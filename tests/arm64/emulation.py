"""A pytest plugin: fill the one gap of QEMU's user emulation that the device tests meet.

QEMU 7.2 does not know the V4L2 ioctls and answers ENOSYS to them, on any file. Linux answers ENOTTY
where the file is no video device. Under emulation no file is one, so that is the answer here too.
"""

import errno
import fcntl
from functools import wraps

V4L2 = ord("V")  # bits 8 to 15 of a request name its family

_ioctl = fcntl.ioctl


@wraps(_ioctl)
def _like_linux(descriptor, request, *arguments):
    try:
        return _ioctl(descriptor, request, *arguments)
    except OSError as error:
        if error.errno == errno.ENOSYS and request >> 8 & 0xFF == V4L2:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device") from error
        raise


fcntl.ioctl = _like_linux
