#!/bin/bash
# The start of the official mysql image, as far as this suite relies on it: as root, give the data directory to
# the mysql user and become that user; initialise an empty data directory; then serve.
# MYSQL_ROOT_PASSWORD is required for an empty directory; MYSQL_DATABASE is created if named.
set -eo pipefail
DATADIR=/var/lib/mysql

if [ "${1:0:1}" = '-' ]; then set -- mysqld "$@"; fi
if [ "$1" != mysqld ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  find "$DATADIR" \! -user mysql -exec chown mysql:mysql '{}' +
  exec setpriv --reuid mysql --regid mysql --init-groups "$BASH_SOURCE" "$@"
fi

if [ ! -d "$DATADIR/mysql" ]; then
  if [ -z "$MYSQL_ROOT_PASSWORD" ]; then
    echo >&2 "error: the database is uninitialized and MYSQL_ROOT_PASSWORD is not set"
    exit 1
  fi
  password=${MYSQL_ROOT_PASSWORD//\'/\'\'}
  {
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';"
    echo "CREATE USER 'root'@'%' IDENTIFIED BY '$password';"
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    if [ -n "$MYSQL_DATABASE" ]; then echo "CREATE DATABASE \`$MYSQL_DATABASE\`;"; fi
  } > /tmp/first-start.sql
  echo "initializing database files"
  mysqld --no-defaults --initialize-insecure --datadir="$DATADIR" --init-file=/tmp/first-start.sql
  rm /tmp/first-start.sql
  echo "database files initialized"
fi
exec "$@" --datadir="$DATADIR" --socket=/tmp/mysql.sock --mysqlx=OFF --bind-address=0.0.0.0
