-- Who deletes is who it says, and stays it: another deletion must be preceded by a restoration.
CREATE OR REPLACE FUNCTION tgtui_deleted_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT tgtui_is_restricted() THEN
        RETURN new;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (new.deleted_at, new.deleted_by) IS NOT DISTINCT FROM (old.deleted_at, old.deleted_by) THEN
            RETURN new;
        END IF;
        IF old.deleted_at IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = 'who deleted it, and when, does not change; it can be restored';
        END IF;
    END IF;
    IF new.deleted_at IS NULL OR (new.deleted_by = tgtui_me()) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'deleted_by must be the account of this login';
    END IF;
    RETURN new;
END $$;

DROP TRIGGER packages_deleted_by ON packages;
CREATE TRIGGER packages_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON packages
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL OR new.deleted_by IS NOT NULL)
EXECUTE FUNCTION tgtui_deleted_by();
DROP TRIGGER tags_deleted_by ON tags;
CREATE TRIGGER tags_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON tags
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL OR new.deleted_by IS NOT NULL)
EXECUTE FUNCTION tgtui_deleted_by();

-- Requests in a person's name are made and handed on by functions with the owner's rights, not by a worker that writes
-- the table. It runs with the rights of who writes: the owner's inside those functions.
CREATE FUNCTION tgtui_requested_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = TG_RELID AND relrowsecurity
               AND NOT pg_has_role(current_user, relowner, 'USAGE')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'a request in a person''s name is made by tgtui_ask';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER package_requests_made_by BEFORE INSERT ON package_requests
FOR EACH ROW WHEN (new.requested_by IS NOT NULL) EXECUTE FUNCTION tgtui_requested_by();
CREATE TRIGGER package_requests_handed_to BEFORE UPDATE OF requested_by ON package_requests
FOR EACH ROW WHEN (new.requested_by IS DISTINCT FROM old.requested_by)
EXECUTE FUNCTION tgtui_requested_by();
