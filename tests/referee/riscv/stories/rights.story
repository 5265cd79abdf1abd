# Rights that are taken may still be had until a fence; rights that are given may be missed until then.

story a page that becomes read-only may be written until a fence
on
set page.l0 A v r w u a d
write4 user page 1 -> ok
set page.l0 A v r u a d
write4 user page 2 -> ok | store-page
sfence address page
write4 user page 3 -> store-page

story a page that becomes execute-only may be read until a fence
on
set page.l0 A v r x u a d
read4 user page -> @A
set page.l0 A v x u a d
read4 user page -> @A | load-page
sfence address page
read4 user page -> load-page
fetch4 user page -> @A

story a page that may no longer be executed may be so until a fence
on
set page.l0 A v r x u a d
fetch4 user page -> @A
set page.l0 A v r u a d
fetch4 user page -> @A | fetch-page
sfence
fetch4 user page -> fetch-page

story a user's page that becomes the supervisor's may be the user's until a fence
on
set page.l0 A v r w u a d
read4 user page -> @A
set page.l0 A v r w a d
read4 user page -> @A | load-page
sfence address page
read4 user page -> load-page
read4 page -> @A

story a supervisor's page that becomes the user's may be the supervisor's until a fence
on
set page.l0 A v r w a d
read4 page -> @A
set page.l0 A v r w u a d
read4 page -> @A | load-page
sfence address page
read4 page -> load-page
read4 user page -> @A

story a write that is permitted since is done, or faults until a fence
on
set page.l0 A v r u a d
read4 user page -> @A
write4 user page 1 -> store-page
set page.l0 A v r w u a d
write4 user page 2 -> ok | store-page
sfence address page
write4 user page 3 -> ok

story a read that is permitted since is done, or faults until a fence
on
set page.l0 A v x u a d
fetch4 user page -> @A
read4 user page -> load-page
set page.l0 A v r x u a d
read4 user page -> @A | load-page
sfence
read4 user page -> @A

story a fetch that is permitted since is done, or faults until a fence
on
set page.l0 A v r u a d
read4 user page -> @A
fetch4 user page -> fetch-page
set page.l0 A v r x u a d
fetch4 user page -> @A | fetch-page
sfence address page
fetch4 user page -> @A

story the user's access that is permitted since is done, or faults until a fence
on
set page.l0 A v r w a d
read4 page -> @A
read4 user page -> load-page
set page.l0 A v r w u a d
read4 user page -> @A | load-page
sfence address page
read4 user page -> @A

story SUM counts at once
on
set page.l0 A v r w u a d
read4 user page -> @A
read4 page -> load-page
status +sum
read4 page -> @A
write4 page 7 -> ok
status -sum
write4 page 8 -> store-page
read4 user page -> 7

story MXR counts at once
on
set page.l0 A v x u a d
fetch4 user page -> @A
read4 user page -> load-page
status +mxr
read4 user page -> @A
status -mxr
read4 user page -> load-page

story MXR does not make a page writable
on mxr
set page.l0 A v x u a d
read4 user page -> @A
write4 user page 1 -> store-page
rmw4 user page 1 -> store-page

story MPP counts at once for accesses by MPRV
on
set page.l0 A v r w u a d
set page2.l0 B v r w a d
read4 mprv user page -> @A
read4 mprv page -> load-page
read4 mprv user page2 -> load-page
read4 mprv page2 -> @B

story an AMO needs the right to write
on
set page.l0 A v r u a d
rmw4 user page 1 -> store-page
set page2.l0 B v x u a d
rmw4 user page2 1 -> store-page

story an AMO through a stale right to write is done or faults
on
set page.l0 A v r w u a d
rmw4 user page 1 -> @A
set page.l0 A v r u a d
rmw4 user page 2 -> 1 | store-page
sfence address page
rmw4 user page 3 -> store-page

story the supervisor never executes a user's page
on sum
set page.l0 A v r w x u a d
fetch4 page -> fetch-page
fetch4 user page -> @A

story the supervisor never executes a user's page, though it has read it
on sum
set page.l0 A v r w x u a d
read4 page -> @A
fetch4 page -> fetch-page

story the user never executes a supervisor's page
on
set page.l0 A v r w x a d
fetch4 page -> @A
fetch4 user page -> fetch-page
