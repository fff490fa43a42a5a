# nginx on loopback, for a script that sources this.
#
# `start_nginx DIR` serves DIR/www, and all that it needs itself it keeps in DIR: certificates,
# logs. It listens on free ports: `plain`; `secure`, TLS for localhost by an authority whose
# certificate is DIR/ca.pem; `expired` and `self`, TLS that nobody should trust. Its process is
# `nginx`. The script has checked that nginx is there (`needs nginx`).

PATH=$PATH:/usr/sbin:/sbin

free_ports() { # free_ports N: so many ports that nobody listens on
    python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

certificate() { # certificate DIR NAME CN DAYS…: signed by our authority
    local dir=$1 name=$2 host=$3
    shift 3
    openssl req -newkey rsa:2048 -nodes -keyout "$dir/$name.key" -out "$dir/$name.csr" -subj "/CN=$host" 2>/dev/null
    printf '01\n' >"$dir/serial"
    : >"$dir/index"
    openssl ca -batch -config "$dir/ca.conf" -in "$dir/$name.csr" -out "$dir/$name.pem" -notext "$@" \
        -extfile <(printf 'subjectAltName=DNS:%s\n' "$host") 2>/dev/null
}

certificates() { # certificates DIR: an authority, and a certificate of each kind
    local dir=$1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/ca.key" -out "$dir/ca.pem" -days 30 \
        -subj "/CN=test authority" 2>/dev/null
    cat >"$dir/ca.conf" <<CONF
[ca]
default_ca = us
[us]
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = any
[any]
commonName = supplied
CONF
    certificate "$dir" good localhost -days 10
    certificate "$dir" old localhost -startdate 20200101000000Z -enddate 20210101000000Z
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/self.key" -out "$dir/self.pem" -days 10 \
        -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" 2>/dev/null
}

start_nginx() { # start_nginx DIR
    local dir=$1
    certificates "$dir"
    read -r plain secure expired self < <(free_ports 4)
    tls() { echo "listen 127.0.0.1:$1 ssl; server_name localhost; ssl_certificate $dir/$2.pem; ssl_certificate_key $dir/$2.key;"; }
    cat >"$dir/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
$([ "$(id -u)" = 0 ] && echo "user root;")
events { worker_connections 4096; }
http {
    access_log $dir/access.log;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
    uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    root $dir/www; default_type text/plain;
    types { text/html html htm; text/css css; text/javascript js; image/png png; image/svg+xml svg; }
    gzip_static on; sendfile on; keepalive_requests 100000;
    server { listen 127.0.0.1:$plain;
        add_header LinkChecker welcome; # or it limits itself to 10 requests a second
        location /slow/ { alias $dir/www/; limit_rate 12m; }
        location /nameless/ { alias $dir/www/; etag off; max_ranges 0; add_header Last-Modified ""; }
        location /down { return 302 http://127.0.0.1:$plain/page.txt; } }
    server { $(tls "$secure" good) location /down { return 302 http://127.0.0.1:$plain/page.txt; } }
    server { $(tls "$expired" old) }
    server { $(tls "$self" self) }
}
CONF
    nginx -e "$dir/error.log" -c "$dir/nginx.conf" &
    nginx=$!
}
