"""What do we have, where is it, and how did it get there?"""
