"""The door between HTTP and the kernel, shared by pages, API and portal."""
