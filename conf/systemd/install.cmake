# Runs at `cmake --install`, with the variables that CMakeLists.txt sets before it.
foreach(kind SBIN BIN)
  cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_${kind}DIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE ${kind})
endforeach()
set(CONF ${BATON_CONFDIR})

function(write from folder to)
  cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
  configure_file(${BATON_UNITS}/${from} ${BATON_WORK}/${to} @ONLY)
  file(INSTALL ${BATON_WORK}/${to} DESTINATION "${folder}")
endfunction()

file(READ ${BATON_UNITS}/hardening.in HARDENING)
write(batond.service.in ${BATON_UNITDIR} batond.service)
foreach(PROGRAM ${adapters})
  write(baton-adapter@.service.in ${BATON_UNITDIR} ${PROGRAM}@.service)
endforeach()
write(baton.sysusers ${BATON_SYSUSERSDIR} baton.conf)
write(baton.tmpfiles.in ${BATON_TMPFILESDIR} baton.conf)
