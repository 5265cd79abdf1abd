# A kernel that silently takes the host's memset() or printf() would not be the kernel that boots: everything that a
# combined module leaves undefined must be part of the seam or of the instrumentation, or be named by IMPORTS.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} --undefined-only --format=posix ${OBJECT} OUTPUT_VARIABLE list RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${NM} ${OBJECT}: ${failed}")
endif()

set(allowed "^(hw_|kms_guest_register$|_GLOBAL_OFFSET_TABLE_$|_DYNAMIC$)"
            "^__(asan|ubsan|tsan|sanitizer|sancov|gcov|llvm|start|stop)_" "^(__popcountdi2|__tls_get_addr)$")
string(REGEX MATCHALL "[^\n]+" lines "${list}")
set(unknown "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE " .*" "" symbol "${line}")
    set(known OFF)
    foreach(pattern IN LISTS allowed)
        if(symbol MATCHES "${pattern}")
            set(known ON)
        endif()
    endforeach()
    if(NOT known AND NOT symbol IN_LIST IMPORTS)
        list(APPEND unknown ${symbol})
    endif()
endforeach()
if(unknown)
    list(JOIN unknown ", " unknown)
    message(FATAL_ERROR "the guest module ${NAME} uses what neither it nor hw.h defines: ${unknown}\n"
                        "(kmemsim_add_guest(... IMPORTS ...) allows what it shall have from the host)")
endif()
