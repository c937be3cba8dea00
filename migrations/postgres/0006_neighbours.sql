-- となりの地域: a care office or a support centre that takes part in a further region, because its clients go into hospital there.
-- Its own region stays its home. A row that has ended stays: who could see what, and since when, is part of the record.
CREATE TABLE organization_region (
  organization_id uuid NOT NULL,
  region_id uuid NOT NULL,
  joined_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT organization_region_pk PRIMARY KEY (organization_id, region_id),
  CONSTRAINT organization_region_organization_fk FOREIGN KEY (organization_id) REFERENCES organization (id),
  CONSTRAINT organization_region_region_fk FOREIGN KEY (region_id) REFERENCES region (id),
  CONSTRAINT organization_region_ends_after_it_began CHECK (ended_at IS NULL OR ended_at >= joined_at)
);
CREATE INDEX organization_region_by_region ON organization_region (region_id);
