# What `cmake --install` installs: libraries, headers, a CMake package, a pkg-config file.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weft)

set(built)
foreach(kind IN ITEMS shared static)
  if(TARGET weft_${kind})
    list(APPEND built weft_${kind})
  endif()
endforeach()
install(TARGETS ${built} EXPORT weftTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT weft_runtime NAMELINK_COMPONENT weft_development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT weft_development)
install(DIRECTORY include/weft DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT weft_development
  FILES_MATCHING PATTERN *.h)
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION ${package_dir} COMPONENT weft_development)

configure_package_config_file(cmake/weftConfig.cmake.in weftConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weftConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/weftConfigVersion.cmake
              cmake/libraries.cmake
        DESTINATION ${package_dir} COMPONENT weft_development)

configure_file(cmake/weft.pc.in weft.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT weft_development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT weft_development)
