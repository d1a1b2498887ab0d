// A certificate for 127.0.0.1 that nobody trusts but the tests. Made with:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=127.0.0.1 \
//   -addext subjectAltName=IP:127.0.0.1

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUKzdgp6pUtdFKx5TqxL0MCqhcmskwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTE0MDg0N1oYDzIxMjYxMDI4
MTQwODQ3WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARX7K+jpyBK6Nc6In/E4mkDebo1dZgW0t6JEHaCAC+xgqqHHpK18wDE
U50mrXIaRyo8QBmsy9NCSCHTZ8K/JS7Ho2QwYjAdBgNVHQ4EFgQUVb6rVXDqOgXd
ENrn8Osa/s3J1NowHwYDVR0jBBgwFoAUVb6rVXDqOgXdENrn8Osa/s3J1NowDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IGCSu6jhW6/RdJtRHeJs3k0o/c+wz0VP4EipDZDWrRHsAiAM3kQN9kg4G9kErlfX
fbg5fe7giMt0nxUIymTcdr6xiA==
-----END CERTIFICATE-----
`;

/** No secret: it opens nothing. */
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzrM1ni7vuHYyjRiv
6ZyDZEbTJNhhAWg9i/PrnCIxRAqhRANCAARX7K+jpyBK6Nc6In/E4mkDebo1dZgW
0t6JEHaCAC+xgqqHHpK18wDEU50mrXIaRyo8QBmsy9NCSCHTZ8K/JS7H
-----END PRIVATE KEY-----
`;
