-- Whether any request rests on a version of a service is asked at each load of the catalogue, while new ones wait.
CREATE INDEX request_service ON kezek.request (service, service_version);
