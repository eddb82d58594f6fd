"""What evaluations found, for people to read: tables beside the paper's numbers, pages with pictures, figures."""
